// The token policies by name; each is one file in policies/tokens.
#pragma once

#include "sim/base/policy_table.h"
#include "sim/ports/token_eviction.h"

namespace kvern::tokens {

using Port = TokenEviction;
const PolicyTable<Port>& table();

}  // namespace kvern::tokens
