// [pool.kv] token_eviction, budget and work_profile: read and checked.
#pragma once

#include <string>

#include "scenarios/program/spec/scenario.h"

namespace kvern {

// The three keys; prefix_cache is read already. `file` names the scenario.
void read_token_policy(Parameters& p, const std::string& file, KvSpec& kv);

// A policy in a form that does not depend on who wrote it: its name and the keys that are not at
// their defaults, in order of name, those of a wrapped policy in brackets; its budget apart.
std::string token_policy_label(const Config& table);

}  // namespace kvern
