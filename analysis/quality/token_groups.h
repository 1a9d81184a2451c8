// The groups of tokens that quality and work are told of: all, languages, domains, and how rare the
// token that came is in the texts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/attention/head/head_replay.h"
#include "sim/attention/machine/closed_loop.h"

namespace kvern {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct TextTags {
  std::string language = "unknown", domain = "unknown";
};

// How often each token of the vocabulary stands in the texts.
using TokenCounts = std::map<std::int32_t, std::uint64_t>;

struct TokenGroup {
  std::string kind;  // "all", "language", "domain", "rarity"
  std::string name;  // "all", "sw", "code", "rare"
  // Whether token `position` of text `text` belongs.
  std::function<bool(std::size_t text, std::uint32_t position)> member;
};

// "all", then each language and domain where there are several, then of "rarity" those that decode
// steps have predicted: rare (once in the texts), uncommon (2 to 9 times), common. They read the
// arguments, which outlive them.
std::vector<TokenGroup> token_groups(const std::vector<ClosedText>& texts,
                                     const std::vector<TextTags>& tags, const TokenCounts& counts);

// The decode steps of a group under a policy: those before a token of it. The last step of a text
// predicts no token, and counts where all tokens of its text belong.
struct GroupWork {
  std::uint64_t steps = 0;
  StepReplay sum;
};
GroupWork group_work(const TokenGroup& group, const std::vector<ClosedText>& texts,
                     const std::vector<SequenceReplay>& sequences, std::size_t policy);

}  // namespace kvern
