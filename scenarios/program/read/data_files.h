// The data files of GPUs and language models: models/hardware/<name>.toml, models/llm/<name>.toml
// of the source tree, or a file of the user's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/config/issues.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern {

// "my/gpu.toml", not "h100_sxm".
bool is_data_path(const std::string& name);
// The path of a name in models/<folder>, or the path itself.
std::string data_path(const std::string& folder, const std::string& name);
// The names in models/<folder>, sorted.
std::vector<std::string> data_names(const std::string& folder);

// Where the measured costs of a GPU stand: beside its data file.
std::string cost_table_path(const std::string& hardware_path);

// Null with issues, at places in the data file.
std::optional<HardwareSpec> load_hardware(const std::string& name, Issues& issues);
std::optional<LlmSpec> load_llm(const std::string& name, Issues& issues);

}  // namespace kvern
