// A summary as text, to hand it from a child process to its parent. Exact.
#pragma once

#include <string>
#include <string_view>

#include "analysis/summary/summary.h"

namespace kvern {

std::string to_wire(const Summary& summary);
Summary from_wire(std::string_view text);

}  // namespace kvern
