// Files that token policies learn from: a calibration recording (loki's basis), or a text of gates
// with a line a layer and a number a KV head, as DuoAttention publishes them (duo's heads).
#pragma once

#include <memory>
#include <string>

#include "sim/base/config/issues.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

// Null with an issue at `where` when it can't be read.
std::shared_ptr<const PolicyFile> read_policy_file(const std::string& path, const Location& where,
                                                   Issues& issues);

}  // namespace kvern
