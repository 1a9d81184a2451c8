// An eviction policy held to its contract (sim/ports/eviction.h), and its caller with it: every
// call is compared with what is known of the block. Throws LawBroken (2) at the first one that does
// not fit. KV pools and `kvern cache` use it in builds with self-checks, the conformance suite
// always.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/ports/eviction.h"

namespace kvern {

class CheckedEviction final : public Eviction {
 public:
  explicit CheckedEviction(std::unique_ptr<Eviction> policy) : policy_(std::move(policy)) {}

  // Blocks that a victim may be taken from.
  std::uint32_t candidates() const { return candidates_; }

  void prepare(std::uint32_t capacity, const Draws& draws) override;
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override;
  void touched(BlockId block, SimTime now) override;
  void pinned(BlockId block) override;
  void released(BlockId block, SimTime now) override;
  void removed(BlockId block) override;
  BlockId victim(SimTime now) override;
  bool queues_unnamed() const override { return policy_->queues_unnamed(); }
  bool wants(const BlockInfo& newcomer, SimTime now) override {
    return policy_->wants(newcomer, now);
  }
  bool unbounded() const override { return policy_->unbounded(); }
  bool clairvoyant() const override { return policy_->clairvoyant(); }
  void foresee(const Oracle& oracle) override { policy_->foresee(oracle); }

 private:
  enum class State : std::uint8_t { Absent, Unnamed, Candidate, Pinned };
  // Whether `call` may come in `state`; throws where not, else notes the time and the new state.
  void move(BlockId block, const char* call, bool allowed, State to);
  State& state(BlockId block, const char* call);
  [[noreturn]] void fail(const std::string& what) const;

  std::unique_ptr<Eviction> policy_;
  std::vector<State> states_;
  std::uint32_t candidates_ = 0;  // Unnamed and Candidate
  SimTime now_ = 0;               // of the latest call that had a time
};

}  // namespace kvern
