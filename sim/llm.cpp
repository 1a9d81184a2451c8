#include "sim/llm.h"

namespace kvern {
namespace {

// One layer without its MLP: projections, their biases, norms.
std::uint64_t attention_parameters(const LlmSpec& m) {
  const std::uint64_t h = m.hidden;
  const std::uint64_t q = std::uint64_t{m.heads} * m.head_dim;
  const std::uint64_t kv = std::uint64_t{m.kv_heads} * m.head_dim;
  std::uint64_t count = h * (q + 2 * kv) + q * h;
  if (m.qkv_bias || m.all_biases) count += q + 2 * kv;
  if (m.all_biases) count += h;
  if (m.qk_norm) count += std::uint64_t{2} * m.head_dim;
  return count + 2 * h * (m.all_biases ? 2 : 1);  // LayerNorm has a bias, RMSNorm none
}

std::uint64_t count_parameters(const LlmSpec& m, std::uint64_t experts) {
  const std::uint64_t h = m.hidden;
  std::uint64_t mlp = std::uint64_t{m.mlp_matrices} * h * m.intermediate;
  if (m.all_biases) mlp += (m.mlp_matrices - 1) * std::uint64_t{m.intermediate} + h;
  if (m.experts > 0) mlp = mlp * experts + h * m.experts;  // and the router
  const std::uint64_t embeddings = h * m.vocabulary * (m.tied_embeddings ? 1 : 2);
  const std::uint64_t last_norm = h * (m.all_biases ? 2 : 1);
  return m.layers * (attention_parameters(m) + mlp) + embeddings + last_norm +
         h * m.learned_positions;
}

}  // namespace

std::uint64_t LlmSpec::parameters() const { return count_parameters(*this, experts); }

std::uint64_t LlmSpec::active_parameters() const {
  return count_parameters(*this, experts_per_token);
}

}  // namespace kvern
