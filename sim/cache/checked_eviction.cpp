#include "sim/cache/checked_eviction.h"

#include <fmt/format.h>

#include "sim/law.h"

namespace kvern {

void CheckedEviction::fail(const std::string& what) const { throw LawBroken(2, now_, what); }

CheckedEviction::State& CheckedEviction::state(BlockId block, const char* call) {
  if (index(block) >= states_.size()) {
    fail(fmt::format("{}: there is no block {} of {}", call, index(block), states_.size()));
  }
  return states_[index(block)];
}

void CheckedEviction::move(BlockId block, const char* call, bool allowed, State to) {
  State& from = state(block, call);
  const auto is_candidate = [](State each) {
    return each == State::Unnamed || each == State::Candidate;
  };
  if (!allowed) {
    static constexpr const char* kWords[] = {"absent", "unnamed", "a candidate", "pinned"};
    fail(fmt::format("{}: block {} is {}", call, index(block), kWords[static_cast<int>(from)]));
  }
  candidates_ += is_candidate(to) ? 1 : 0;
  candidates_ -= is_candidate(from) ? 1 : 0;
  from = to;
}

void CheckedEviction::prepare(std::uint32_t capacity, const Draws& draws) {
  states_.assign(capacity, State::Absent);
  candidates_ = 0;
  now_ = 0;
  policy_->prepare(capacity, draws);
}

void CheckedEviction::inserted(BlockId block, const BlockInfo& info, SimTime now) {
  now_ = now;
  move(block, "inserted", state(block, "inserted") == State::Absent, State::Candidate);
  if (info.parent != kNoBlock && info.parent >= states_.size()) {
    fail(fmt::format("inserted: there is no parent {}", info.parent));
  }
  policy_->inserted(block, info, now);
}

void CheckedEviction::touched(BlockId block, SimTime now) {
  now_ = now;
  const State at = state(block, "touched");
  move(block, "touched", at == State::Candidate || at == State::Pinned, at);
  policy_->touched(block, now);
}

void CheckedEviction::pinned(BlockId block) {
  move(block, "pinned", state(block, "pinned") == State::Candidate, State::Pinned);
  policy_->pinned(block);
}

void CheckedEviction::released(BlockId block, SimTime now) {
  now_ = now;
  const State at = state(block, "released");
  const bool unnamed = at == State::Absent && policy_->queues_unnamed();
  move(block, "released", at == State::Pinned || unnamed,
       unnamed ? State::Unnamed : State::Candidate);
  policy_->released(block, now);
}

void CheckedEviction::removed(BlockId block) {
  move(block, "removed", state(block, "removed") != State::Absent, State::Absent);
  policy_->removed(block);
}

BlockId CheckedEviction::victim(SimTime now) {
  now_ = now;
  if (candidates_ == 0) fail("victim: asked without a candidate");
  const BlockId block = policy_->victim(now);
  const State at = state(block, "victim");
  move(block, "victim", at == State::Candidate || at == State::Unnamed, at);
  return block;
}

}  // namespace kvern
