// How many KV blocks a replica holds, as a serving engine would count them at its start: the share
// of GPU memory it may use, less weights, activation peak and what is not its own.
#pragma once

#include <cstdint>

#include "sim/ports/step_cost.h"

namespace kvern {

struct KvSettings {
  double memory_share = 0.9;  // of the GPU's memory, for everything
  std::uint32_t max_num_seqs = 256;
  std::uint32_t max_num_batched_tokens = 2048;
  std::uint32_t block_size = 16;  // tokens
  bool null_block = true;         // vLLM V1 keeps one block for itself
};

// Of one GPU of the replica, in bytes. Blocks are counted on each GPU alike.
struct KvCapacity {
  std::int64_t usable_bytes = 0;    // memory x memory_share
  std::int64_t weight_bytes = 0;    // the shard of one GPU
  std::int64_t overhead_bytes = 0;  // activation peak, sampler, outside the allocator
  std::int64_t kv_bytes = 0;        // what is left; negative: the model does not fit
  std::int64_t block_bytes = 0;
  std::uint32_t blocks = 0;  // usable ones
};

// `deployment` names hardware and model. Overhead by our fit to the block counts that vLLM 0.15 to
// 0.19 logged: max(38 B x sequences x vocabulary, 195 kB x batched tokens), and 0.05 GiB outside
// the allocator on one GPU, 0.5 GiB where GPUs talk to each other. Within 2 % of blocks there.
KvCapacity kv_capacity(const Deployment& deployment, const KvSettings& settings);

}  // namespace kvern
