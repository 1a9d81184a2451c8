// `kvern conform FILE.so`: is a user's own eviction policy lawful?
#pragma once

#include <string>

namespace kvern {

// A line a finding. The exit code: 0, 1 when something was found, 2 when it can't be loaded.
int conform_command(const std::string& file);

}  // namespace kvern
