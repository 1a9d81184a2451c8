// Reads a GPU's data file, models/hardware/<name>.toml.
#pragma once

#include <optional>
#include <string>

#include "sim/base/config/config.h"
#include "sim/hardware.h"

namespace kvern {

// `file` is the whole file as a table. Errors go to `issues`, then nothing is returned. A number
// that the file leaves out is absent in the result, never 0.
std::optional<HardwareSpec> read_hardware(const Config& file, const std::string& name,
                                          Issues& issues);

}  // namespace kvern
