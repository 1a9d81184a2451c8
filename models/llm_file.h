// Reads a language model's data file, models/llm/<name>.toml.
#pragma once

#include <optional>
#include <string>

#include "sim/base/config/config.h"
#include "sim/llm.h"

namespace kvern {

// `file` is the whole file as a table. Errors go to `issues`, then nothing is returned.
std::optional<LlmSpec> read_llm(const Config& file, const std::string& name, Issues& issues);

}  // namespace kvern
