// Port: the work of one step of a replica, by kernel: FLOPs, bytes, time at base clock.
// Asked by the replica, once a change of the batch. Answered in models/step_cost.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "sim/energy/energy_part.h"
#include "sim/hardware.h"
#include "sim/line.h"
#include "sim/llm.h"

namespace kvern {

// One request's share of prefill in a step.
struct PrefillChunk {
  std::uint32_t tokens = 0;  // computed in this step, >= 1
  std::uint32_t before = 0;  // already in the cache and read: earlier chunks and prefix hits
  bool samples = false;      // it completes the prompt, so the LM head runs on its last token
};

// What a step computes. A run of equal decode steps advances it by: kv_tokens += growing(),
// longest += longest_grows, held_tokens += holding_more a step.
struct Batch {
  std::uint32_t decodes = 0;    // sequences that decode one token each
  std::uint64_t kv_tokens = 0;  // sum of what they read, each with the token being decoded
  std::uint32_t longest = 0;    // the most that one of them reads
  std::span<const PrefillChunk> prefill;
  std::uint32_t flat = 0;  // of the decodes: those that read no more with each step
  bool longest_grows = true;
  // Under a token policy: the sum of what the decodes hold, each with the token being decoded, and
  // in how many that grows.
  std::uint64_t held_tokens = 0;
  std::uint32_t holding_more = 0;
  // A question of the set-up rather than a step of the run: StepCost::note() does not count it.
  bool probe = false;

  std::uint32_t growing() const { return decodes - flat; }
  std::uint64_t prefill_tokens() const {
    std::uint64_t sum = 0;
    for (const auto& chunk : prefill) sum += chunk.tokens;
    return sum;
  }
};

enum class Arithmetic : std::uint8_t { None, Gemm, Attention };  // picks the joules per FLOP

// Who makes this kernel's work, in proportion to what: for attribution.
enum class Owners : std::uint8_t {
  Tokens,   // every sequence, by the tokens that it computes
  Samples,  // those that sample a token: LM head, sampler
  Decodes,  // by the KV tokens that they read; flops and bytes are proportional to these
  Chunks,   // prefill attention: arithmetic by pairs of tokens, bytes by the tokens read
};

// One kernel (or all layers' kernels of one kind) on one GPU of the replica. It lasts
// max(compute * f0/f, memory) + fixed at SM clock f, where f0 is the base clock.
struct KernelWork {
  EnergyPart part = EnergyPart::Mlp;        // pays its time and its arithmetic
  EnergyPart bytes_part = EnergyPart::Mlp;  // pays its bytes
  Arithmetic arithmetic = Arithmetic::None;
  Line flops;          // executed, padding included
  Line bytes;          // of HBM
  Line link_bytes;     // of NVLink
  Line compute_ticks;  // 2^-20 ns at base clock
  Line memory_ticks;
  Line fixed_ticks;  // launches and latencies, whatever the clock
  Owners owners = Owners::Tokens;
  std::int64_t weight_bytes = 0;  // of bytes.first: read once, whoever runs
};

struct Work {
  static constexpr int kMost = 16;
  std::array<KernelWork, kMost> kernels;
  int count = 0;
  // Host time: added to the kernels' time, or hidden behind it (the step lasts the longer one).
  Line host_ticks;
  bool host_overlaps = false;
  // The lines are exact for this many steps (>= 1).
  std::int64_t steps = kLongestRun;
  // Of the batch, set by the caller, for what a KV token costs: growing() and kv_tokens.
  std::uint32_t growing = 0;
  std::uint64_t kv_tokens = 0;
  // False: only the time is known (`affine`); joules stay unknown.
  bool has_work = true;

  KernelWork& add() { return kernels[count++]; }
  void clear() {
    count = 0;
    host_ticks = {};
    host_overlaps = false;
    steps = kLongestRun;
    growing = 0;
    kv_tokens = 0;
    has_work = true;
  }
};

// Where a pool's steps run.
struct Deployment {
  const HardwareSpec* hardware = nullptr;  // null: none named in the scenario
  const LlmSpec* model = nullptr;
  std::uint32_t tensor_parallel = 1;
  // Ranks that each run attention for their share of the batch, with weights of their own.
  std::uint32_t data_parallel = 1;
  // GPUs over which whole experts are spread; 1: every GPU has a slice of each.
  std::uint32_t expert_parallel = 1;
  double weight_bytes_per_value = 2;  // of `dtype`
  double kv_bytes_per_value = 2;
  std::uint32_t max_batched_tokens = 8192;  // of a step: sizes look-up tables
  std::uint32_t max_sequences = 1024;

  std::uint32_t gpus() const { return tensor_parallel * data_parallel; }
};

class StepCost {
 public:
  virtual ~StepCost() = default;
  // Once, before the first step. A reason why this deployment can't be priced, or "".
  virtual std::string prepare(const Deployment&) { return {}; }
  // Fills `work` (cleared by the caller). Deterministic, no allocation. Law: the work of the batch
  // advanced by i steps (i < steps) is every line's {first + i * slope, slope}.
  virtual void work(const Batch& batch, Work& work) = 0;
  // True: its steps are whole ones, the host's part in them.
  virtual bool includes_host() const { return false; }
  // True: it reads the hardware's cost table.
  virtual bool reads_table() const { return false; }
  // What a reader of the results must know about the prices so far, or "".
  virtual std::string note() const { return {}; }
};

}  // namespace kvern
