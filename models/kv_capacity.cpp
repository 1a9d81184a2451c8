#include "models/kv_capacity.h"

#include <algorithm>

namespace kvern {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
constexpr double kSamplerBytes = 38;          // a sequence and vocabulary entry
constexpr double kActivationBytes = 195'000;  // a batched token

}  // namespace

KvCapacity kv_capacity(const Deployment& deployment, const KvSettings& settings) {
  const LlmSpec& model = *deployment.model;
  const double gpus = deployment.tensor_parallel;
  KvCapacity c;
  c.usable_bytes = static_cast<std::int64_t>(
      settings.memory_share * static_cast<double>(deployment.hardware->memory_bytes));
  c.weight_bytes = static_cast<std::int64_t>(static_cast<double>(model.parameters()) *
                                             deployment.weight_bytes_per_value / gpus);
  // The sampler works on whole rows of logits: not divided by the GPUs.
  const double sampler = kSamplerBytes * settings.max_num_seqs * model.vocabulary;
  const double activations = kActivationBytes * settings.max_num_batched_tokens;
  const double foreign = (deployment.tensor_parallel == 1 ? 0.05 : 0.5) * kGiB;
  c.overhead_bytes = static_cast<std::int64_t>(std::max(sampler, activations) + foreign);
  c.kv_bytes = c.usable_bytes - c.weight_bytes - c.overhead_bytes;
  c.block_bytes = static_cast<std::int64_t>(
      settings.block_size *
      model.kv_bytes_per_token(deployment.tensor_parallel, deployment.kv_bytes_per_value));
  const std::int64_t blocks =
      std::max<std::int64_t>(0, c.kv_bytes) / c.block_bytes - (settings.null_block ? 1 : 0);
  c.blocks = static_cast<std::uint32_t>(std::clamp<std::int64_t>(blocks, 0, UINT32_MAX));
  return c;
}

}  // namespace kvern
