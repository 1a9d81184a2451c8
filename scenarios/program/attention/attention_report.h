// What `kvern attention` prints: a row a policy, sequence, layer and KV head as JSON, or a table
// with a line a policy and, in the closed loop, the groups of text that it serves worst and whether
// it finds again what the text said.
#pragma once

#include <string>
#include <vector>

#include "sim/attention/machine/closed_loop.h"
#include "sim/work_profile.h"

namespace kvern {

struct AttentionReport {
  const std::vector<std::string>& policies;
  const OpenLoopResult& result;
  const ClosedLoopResult* closed = nullptr;  // null: open loop
  const WorkProfile* profile = nullptr;      // of the closed loop
};

std::string attention_json(const AttentionReport& report);
std::string attention_table(const AttentionReport& report);

}  // namespace kvern
