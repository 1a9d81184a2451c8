// `kvern describe hardware`, `kvern describe models`: the boards and language models that ship, and
// the essentials of one.
#pragma once

#include <string>

#include "sim/base/config/issues.h"

namespace kvern {

// `topic`: "hardware", "models", "hardware h100_sxm", "model llama-3.1-8b". "" where it is none of
// them, or with issues where there is no such board or model.
std::string describe_data(const std::string& topic, Issues& issues);

}  // namespace kvern
