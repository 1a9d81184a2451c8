// What of a prompt is shared with other prompts? Descriptions, a file each in traces/prefixes; the
// generator (generated_arrivals.h) acts on them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/base/config/policy_table.h"
#include "traces/generate/distribution.h"

namespace kvern {

// `count` texts that prompts begin with, text of rank k drawn in proportion to k^-skew.
struct SystemPromptKeys {
  std::uint32_t count = 0;  // 0: none
  double skew = 1;
  std::optional<Distribution> tokens;
  bool inside = false;  // the drawn prompt includes it; else it comes before the drawn tokens
};

// Conversations: the next turn arrives a think time after the previous answer, and its prompt
// begins with the previous prompt.
struct SessionKeys {
  std::optional<Distribution> turns;
  std::optional<Distribution> think_ns;
  std::optional<Distribution> first_tokens;  // absent: the workload's prompt lengths
  // Of turn k >= 1. Without growth_tokens: prompt = previous prompt + previous output + new tokens
  // (absent: the workload's prompt lengths).
  std::optional<Distribution> new_tokens;
  std::optional<Distribution> growth_tokens;  // prompt = previous prompt + this
  std::optional<Distribution> output_tokens;  // absent: the workload's
  std::uint32_t output_max = UINT32_MAX;      // the workload's max_tokens
  std::uint32_t context_max = 0;              // a turn beyond ends the session; 0: no limit
  // Share of the answers that the next prompt repeats token by token, so that their blocks are
  // found; the others it holds in other tokens.
  double answers = 1;
};

struct Prefixes {
  SystemPromptKeys system;
  std::optional<SessionKeys> sessions;
  bool brings_lengths = false;  // the workload's lengths are not used
};

// Reads count, skew, tokens, token_lengths, placement.
SystemPromptKeys read_system_prompts(Parameters& parameters, std::uint32_t default_count);

namespace prefixes {

using Port = Prefixes;
const PolicyTable<Port>& table();

}  // namespace prefixes
}  // namespace kvern
