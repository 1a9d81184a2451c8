// A cache of prompts, small enough to follow by hand: a prompt is a word, its letters are its
// blocks, each continuing the one before it. serve("ABC") answers what each block did: '.' took a
// free slot,
// '+' was found, a letter was evicted for it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policies/eviction.h"

namespace kvern {

class ChainCache {
 public:
  ChainCache(const std::string& policy, std::uint32_t capacity) : slots_(capacity, ' ') {
    Issues issues;
    policy_ =
        make_policy(eviction::table(), "eviction", parse_policy(policy, {}, issues), "", issues);
    EXPECT_FALSE(issues.any_error()) << issues.text();
    policy_->prepare(capacity, {});
  }
  // What blocks are like, but for their place in the prompt: 16 tokens, 1 byte.
  BlockInfo like{.tokens = 16, .bytes = 1};
  std::map<char, std::uint64_t> costs_ns;

  std::string serve(const std::string& prompt, SimTime now = 0) {
    std::string answers;
    BlockInfo info = like;
    if (info.request_tokens == 0) {
      info.request_tokens = static_cast<std::uint32_t>(16 * prompt.size());
    }
    info.parent = kNoBlock;
    for (info.depth = 0; info.depth < prompt.size(); ++info.depth) {
      answers += serve_block(prompt[info.depth], info, now);
    }
    return answers;
  }
  void pin(const std::string& blocks) {
    for (const char block : blocks) policy_->pinned(BlockId{slot_of(block)});
  }
  void release(const std::string& blocks, SimTime now = 0) {
    for (const char block : blocks) policy_->released(BlockId{slot_of(block)}, now);
  }

 private:
  std::uint32_t slot_of(char block) const {
    const std::size_t slot = std::string(slots_.begin(), slots_.end()).find(block);
    return slot == std::string::npos ? kNoBlock : static_cast<std::uint32_t>(slot);
  }
  char serve_block(char block, BlockInfo& info, SimTime now) {
    info.content = static_cast<std::uint64_t>(block);
    info.recompute_cost_ns = costs_ns[block];
    std::uint32_t slot = slot_of(block);
    char answer = '+';
    if (slot != kNoBlock) {
      policy_->touched(BlockId{slot}, now);
    } else {
      slot = slot_of(' ');
      answer = '.';
      if (slot == kNoBlock) {
        slot = index(policy_->victim(now));
        answer = slots_[slot];
        policy_->removed(BlockId{slot});
        if (info.parent == slot) info.parent = kNoBlock;
      }
      slots_[slot] = block;
      policy_->inserted(BlockId{slot}, info, now);
    }
    info.parent = slot;
    return answer;
  }

  std::unique_ptr<Eviction> policy_;
  std::vector<char> slots_;
};

}  // namespace kvern
