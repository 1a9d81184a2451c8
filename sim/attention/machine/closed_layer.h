// One layer of one text under a token policy, inside the model: attention over what the policy
// kept, in float32, whose output goes on to the next layer; measured against full attention of the
// same queries over all keys.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/attention/head/full_cache.h"
#include "sim/attention/head/head_replay.h"
#include "sim/attention/head/kept_rows.h"
#include "sim/attention/head/rotary.h"
#include "sim/base/interrupt.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

struct ClosedOptions {
  double kv_bytes = 2;  // of a number in the cache
  bool measure = true;  // recall, error and the like; else no full rows, unless the policy asks
  Interrupt interrupt;
};

class ClosedLayer {
 public:
  // `layer.vectors` hold the rows up to the step at hand, or all of them; they and `rotary` outlive
  // this. The policy does not refuse the layer.
  ClosedLayer(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy, const Rotary& rotary,
              const ClosedOptions& options);
  ClosedLayer(const ClosedLayer&) = delete;
  ClosedLayer& operator=(const ClosedLayer&) = delete;

  // Fills the cache with the prompt and evicts once; the prompt's outputs are the caller's.
  void prefill();
  // The new token's outputs [heads][dim]. Positions come one after the other; those of the prompt,
  // where prefill() was not called, attend to everything, and evict after the last.
  void step(std::uint32_t position, std::span<float> outputs);

  const TokenEviction& policy() const { return *policy_; }
  // At the end: by KV head, and by decode step.
  std::vector<HeadReplay> heads();
  const std::vector<StepReplay>& steps() const { return steps_; }

 private:
  struct Head {
    explicit Head(std::size_t dim) : rows(dim) {}
    KeptRows rows;
    std::vector<double> mass, logits;
    TokenWork own;
    HeadReplay replay;
  };

  void append(std::uint32_t kv_head, std::uint32_t position);
  void attend(std::uint32_t kv_head, std::uint32_t position, std::span<float> outputs);
  void choose(std::uint32_t kv_head, Head& head);
  void count_work(std::uint32_t kv_head, Head& head, StepReplay& sums);
  void measure(std::uint32_t kv_head, std::uint32_t position, std::span<const float> outputs);
  void evict(std::uint32_t position);
  void drop(std::uint32_t kv_head, std::span<const std::uint32_t> ranks);
  void place_keys(std::uint32_t kv_head, std::size_t first);
  std::span<const std::uint32_t> read_positions(const Head& head, std::uint32_t g);

  TokenLayer layer_;
  std::unique_ptr<TokenEviction> policy_;
  const Rotary& rotary_;
  ClosedOptions options_;
  FullCache full_;
  bool selects_, reindexes_;
  const TokenVectors* stored_ = nullptr;
  std::vector<Head> heads_;
  std::vector<Persistence> persistence_;  // by KV head, when measured
  std::vector<StepReplay> steps_;
  std::vector<TokenHead> views_;
  std::vector<TokenDrops> drops_;
  std::vector<float> queries_, weights_;  // [group][dim], [group][stride]
  std::size_t stride_ = 0;
  std::vector<std::vector<std::uint32_t>> slots_;  // read, by query head of the group at hand
  std::vector<std::uint8_t> read_by_any_;
  std::vector<std::uint32_t> positions_;
  std::vector<float> scratch_;
};

}  // namespace kvern
