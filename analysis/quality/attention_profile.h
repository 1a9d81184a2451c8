// The work profile of a run of the attention machine: its decode steps summed by context length,
// text by domain, and its quality by group.
#pragma once

#include <vector>

#include "analysis/quality/token_quality.h"
#include "sim/attention/machine/open_loop.h"
#include "sim/work_profile.h"

namespace kvern {

struct ProfileInput {
  const std::vector<TextTags>& tags;          // of each text
  const std::vector<std::uint32_t>& prompts;  // tokens of each text's prompt
  const std::vector<PolicyName>& policies;
  const std::vector<SequenceReplay>& sequences;           // of each text
  const std::vector<SequenceQuality>* quality = nullptr;  // closed loop
};

// Rows by policy, domain ("all", then each where there are several) and context: 1 .. 128, 129 ..
// 256, 257 .. 512, and so on.
std::vector<WorkRow> work_rows(const ProfileInput& input);

}  // namespace kvern
