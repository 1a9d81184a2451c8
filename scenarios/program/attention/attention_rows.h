// Rows of JSON that sum over layers and KV heads: one a decode step, or one a group of tokens. Work
// is totals, the policy's own included, as in the rows by head; the same steps add up to the same.
#pragma once

#include <string>

#include "scenarios/program/attention/attention_report.h"
#include "scenarios/program/attention/attention_texts.h"

namespace kvern {

// By policy, sequence and decode step. With quality: of the token that came after the step, null
// after the last.
std::string attention_step_rows(const AttentionReport& report, const AttentionTexts& texts);
// By policy and group (analysis/quality/token_groups.h), then what was asked again; "worst" is the
// group whose loss grew by the largest share, false of all in the open loop.
std::string attention_group_rows(const AttentionReport& report, const AttentionTexts& texts);

}  // namespace kvern
