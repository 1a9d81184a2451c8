// What a token policy (sim/ports/token_eviction.h) holds and reads of one sequence, as the serving
// machine counts it: means over the model's layers and KV heads. Made once a pool, asked by its
// replicas: when a prompt is complete, and where a run ends.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/ports/token_eviction.h"

namespace kvern {

// From a context n on. Step i (of the token n + i + 1) starts with held + i * growth tokens and
// reads read + i * read_growth of them, besides its own: for `steps` steps, after which the
// sequence holds held + steps * growth.
struct HeldRun {
  static constexpr std::uint32_t kForever = 1U << 31;

  std::uint32_t held = 0;         // rounded up
  std::int32_t growth = 0;        // 0 or 1; below 0 (a policy that evicts many at once) one step
  std::uint32_t read = 0;         // to the nearest, halves up
  std::uint32_t read_growth = 0;  // 0 or 1
  std::uint32_t steps = 0;
};

class Residency {
 public:
  // `layer`: of the model, whatever the number of GPUs; its prompt is replaced by each sequence's.
  // A prompt too short for the policy, so that it refuses it, stays whole. The policy must know its
  // sizes (neither resident_layer() nor read() depends on data: knows_sizes()), or `measured` takes
  // their place.
  Residency(std::unique_ptr<TokenEviction> policy, const TokenLayer& layer,
            std::unique_ptr<TokenSizes> measured = nullptr);
  static bool knows_sizes(const TokenSizes& policy, const TokenLayer& layer);

  // `prompt`: tokens of the (latest) prefill, >= 1; n >= prompt. For at most `most` steps.
  HeldRun from(std::uint32_t prompt, std::uint32_t n, std::uint32_t most);

 private:
  struct Sum {  // over layers and KV heads
    std::int64_t value = 0, slope = 0, steps = kAlways;
  };
  Sum held(std::uint32_t prompt, std::uint32_t n) const;
  Sum read(std::uint32_t prompt, std::uint32_t n) const;
  HeldRun make_run(std::uint32_t prompt, std::uint32_t n);
  std::int64_t rounded_up(std::int64_t sum) const { return (sum + cells_ - 1) / cells_; }

  std::unique_ptr<TokenEviction> policy_;
  std::unique_ptr<TokenSizes> measured_;
  const TokenSizes* sizes_;  // of one of the two
  TokenLayer layer_;
  std::int64_t cells_;                 // layers x KV heads
  std::vector<HeldRun> after_prompt_;  // by prompt, for the shorter ones: 0 steps = not asked yet
};

}  // namespace kvern
