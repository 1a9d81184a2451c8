// What `kvern attention` prints: a row a policy, sequence, layer and KV head as JSON, or a table
// with one line a policy and the group of text that it serves worst.
#pragma once

#include <string>
#include <vector>

#include "sim/attention/open_loop.h"

namespace kvern {

struct AttentionReport {
  const Recording& recording;
  const std::vector<std::string>& policies;
  const OpenLoopResult& result;
};

std::string attention_json(const AttentionReport& report);
std::string attention_table(const AttentionReport& report);

}  // namespace kvern
