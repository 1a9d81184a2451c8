// A cache small enough to follow by hand: contents are letters, and serve("ABCAD") answers what
// each access did: '.' took a free slot, '+' was a hit, a letter was evicted for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "policies/eviction.h"

namespace kvern {

class HandCache {
 public:
  // `policy` as in a scenario: "slru(protected_share=0.5)".
  HandCache(const std::string& policy, std::uint32_t capacity, const Draws& draws = {})
      : slots_(capacity, ' ') {
    Issues issues;
    policy_ =
        make_policy(eviction::table(), "eviction", parse_policy(policy, {}, issues), "", issues);
    EXPECT_FALSE(issues.any_error()) << issues.text();
    policy_->prepare(capacity, draws);
  }
  std::string serve(const std::string& contents) {
    std::string answers;
    for (const char content : contents) answers += serve(content);
    return answers;
  }
  void pin(const std::string& contents) {
    for (const char content : contents) policy_->pinned(slot_of(content));
  }
  void release(const std::string& contents) {
    for (const char content : contents) policy_->released(slot_of(content), now_++);
  }
  Eviction& policy() { return *policy_; }

 private:
  BlockId slot_of(char content) const {
    return BlockId{
        static_cast<std::uint32_t>(std::string(slots_.begin(), slots_.end()).find(content))};
  }
  char serve(char content) {
    ++now_;
    BlockInfo info;
    info.content = static_cast<std::uint64_t>(content);
    const std::uint32_t found = index(slot_of(content));
    if (found != UINT32_MAX) {
      policy_->touched(BlockId{found}, now_);
      return '+';
    }
    std::uint32_t slot = index(slot_of(' '));
    char evicted = '.';
    if (slot == UINT32_MAX) {
      if (!policy_->wants(info, now_)) return '-';
      slot = index(policy_->victim(now_));
      policy_->removed(BlockId{slot});
      evicted = slots_[slot];
    }
    slots_[slot] = content;
    policy_->inserted(BlockId{slot}, info, now_);
    return evicted;
  }

  std::unique_ptr<Eviction> policy_;
  std::vector<char> slots_;
  SimTime now_ = 0;
};

}  // namespace kvern
