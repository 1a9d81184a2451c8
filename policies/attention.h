// The attention controllers by name; each is one file in policies/attention.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/attention_control.h"

namespace kvern::attention {

using Port = AttentionControl;
const PolicyTable<Port>& table();

}  // namespace kvern::attention
