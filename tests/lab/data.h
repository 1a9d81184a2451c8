// Files of the data folder (scenarios/program/read/data_folder.h): real traces, measured runs. They
// are not shipped; a test that reads one is skipped where it isn't there.
#pragma once

#include <filesystem>
#include <string>

namespace kvern::lab {

// "traces/azure2023"; not looked for.
std::filesystem::path data_file(const std::string& name);
bool has_data(const std::string& name);
// Why a test is skipped.
std::string needs_data(const std::string& name);

}  // namespace kvern::lab
