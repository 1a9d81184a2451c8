#include "models/kv_capacity.h"

#include <algorithm>

namespace kvern {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
constexpr double kSamplerBytes = 38;          // a sequence and vocabulary entry
constexpr double kActivationBytes = 195'000;  // a batched token

// Tensor parallelism shares all weights; experts that are spread whole are shared by all GPUs.
double parameters_a_gpu(const Deployment& d) {
  const LlmSpec& model = *d.model;
  const auto all = static_cast<double>(model.parameters());
  if (d.expert_parallel == 1) return all / d.tensor_parallel;
  const double experts = static_cast<double>(model.layers) * model.experts * model.mlp_matrices *
                         model.hidden * model.intermediate;
  return (all - experts) / d.tensor_parallel + experts / d.expert_parallel;
}

}  // namespace

KvCapacity kv_capacity(const Deployment& deployment, const KvSettings& settings) {
  const LlmSpec& model = *deployment.model;
  KvCapacity c;
  c.usable_bytes = static_cast<std::int64_t>(
      settings.memory_share * static_cast<double>(deployment.hardware->memory_bytes));
  c.weight_bytes =
      static_cast<std::int64_t>(parameters_a_gpu(deployment) * deployment.weight_bytes_per_value);
  // The sampler works on whole rows of logits: not divided by the GPUs.
  const double sampler = kSamplerBytes * settings.max_num_seqs * model.vocabulary;
  const double activations = kActivationBytes * settings.max_num_batched_tokens;
  const double foreign = (deployment.gpus() == 1 ? 0.05 : 0.5) * kGiB;
  c.overhead_bytes = static_cast<std::int64_t>(std::max(sampler, activations) + foreign);
  c.kv_bytes = c.usable_bytes - c.weight_bytes - c.overhead_bytes;
  c.block_bytes = static_cast<std::int64_t>(
      settings.block_size *
      model.kv_bytes_per_token(deployment.tensor_parallel, deployment.kv_bytes_per_value));
  const std::int64_t a_rank =
      std::max<std::int64_t>(0, c.kv_bytes) / c.block_bytes - (settings.null_block ? 1 : 0);
  // Ranks of data parallelism have a pool each; a replica counts them together.
  const std::int64_t blocks = a_rank * deployment.data_parallel;
  c.blocks = static_cast<std::uint32_t>(std::clamp<std::int64_t>(blocks, 0, UINT32_MAX));
  return c;
}

}  // namespace kvern
