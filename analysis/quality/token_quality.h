// What token policies cost in quality, by group of tokens: languages, domains and how rare the
// token that came is in the texts; each with a bootstrap interval. From the losses of the closed
// loop (sim/attention/machine/closed_loop.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/quality/token_groups.h"
#include "sim/attention/machine/closed_loop.h"
#include "sim/work_profile.h"

namespace kvern {

// A policy as profiles name it.
struct PolicyName {
  std::string policy;  // without its budget
  double budget = 0;
};

struct QualityInput {
  const std::vector<ClosedText>& texts;
  const std::vector<TextTags>& tags;              // of each text
  const std::vector<SequenceQuality>& sequences;  // of each text
  const TokenCounts& counts;
  const std::vector<PolicyName>& policies;
  std::uint64_t seed = 1;
};

// Rows by policy, then by group (token_groups). The interval is the middle 95 % of 1000 resamplings
// of the blocks of 64 tokens that the texts are cut into; NaN with fewer than two.
std::vector<QualityRow> quality_rows(const QualityInput& input);

// One row over the tokens `answers[i]` of each text, of the kind "retrieval".
std::vector<QualityRow> retrieval_rows(const QualityInput& input, const std::string& group,
                                       const std::vector<std::vector<std::uint32_t>>& answers);

}  // namespace kvern
