#include "models/memory_fit.h"

#include <fmt/format.h>

namespace kvern {
namespace {

constexpr std::uint32_t kMostGpus = 1024;

double in_gib(std::int64_t bytes) { return static_cast<double>(bytes) / 1073741824.0; }

std::string boards(const Deployment& d) {
  return d.gpus() == 1 ? "one " + d.hardware->name
                       : fmt::format("{} x {}", d.gpus(), d.hardware->name);
}

// The least tensor parallelism, a power of two, at which weights and a block fit; 0: none does.
std::uint32_t sufficient(Deployment d, const KvSettings& settings) {
  for (d.tensor_parallel = 1; d.tensor_parallel <= kMostGpus; d.tensor_parallel *= 2) {
    if (d.expert_parallel > 1) d.expert_parallel = d.gpus();
    if (kv_capacity(d, settings).blocks > 0) return d.tensor_parallel;
  }
  return 0;
}

}  // namespace

MemoryRefusal memory_refusal(const Deployment& deployment, const KvSettings& settings,
                             std::uint32_t blocks) {
  const KvCapacity c = kv_capacity(deployment, settings);
  const std::int64_t memory = deployment.hardware->memory_bytes;
  MemoryRefusal refusal;
  if (c.weight_bytes > memory) {
    refusal.what = fmt::format(
        "{} does not fit on {}: its weights take {:.1f} GiB a GPU, and a GPU has {:.1f} GiB",
        deployment.model->name, boards(deployment), in_gib(c.weight_bytes), in_gib(memory));
    const std::uint32_t enough = sufficient(deployment, settings);
    refusal.hint = enough > 0 ? fmt::format("tensor_parallel = {} would hold it", enough)
                              : "take a smaller model, or GPUs with more memory";
    return refusal;
  }
  // Ranks of data parallelism have a pool each; a replica counts them together.
  const double a_rank = static_cast<double>(blocks) / deployment.data_parallel;
  const auto kv_bytes = static_cast<std::int64_t>(a_rank * static_cast<double>(c.block_bytes));
  if (c.weight_bytes + kv_bytes <= memory) return refusal;
  refusal.blocks = true;
  refusal.what = fmt::format(
      "{} blocks of {} tokens do not fit on {}: they take {:.1f} GiB a GPU beside {:.1f} GiB of "
      "weights, and a GPU has {:.1f} GiB",
      blocks, settings.block_size, boards(deployment), in_gib(kv_bytes), in_gib(c.weight_bytes),
      in_gib(memory));
  refusal.hint = fmt::format("an engine that takes {:g} % of the memory would have {} blocks",
                             100 * settings.memory_share, c.blocks);
  return refusal;
}

}  // namespace kvern
