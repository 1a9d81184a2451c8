#include "tests/lab/data.h"

#include "scenarios/program/read/data_folder.h"

namespace kvern::lab {

std::filesystem::path data_file(const std::string& name) { return named_path("data:" + name, ""); }

bool has_data(const std::string& name) { return std::filesystem::exists(data_file(name)); }

std::string needs_data(const std::string& name) {
  return "needs " + name + " in the data folder (KVERN_DATA)";
}

}  // namespace kvern::lab
