#include "scenarios/program/read/data_files.h"

#include <algorithm>
#include <filesystem>

#include "models/hardware_file.h"
#include "models/llm_file.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

std::filesystem::path folder_path(const std::string& folder) {
  return std::filesystem::path(source_folder()) / "models" / folder;
}

}  // namespace

bool is_data_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".toml");
}

std::string data_path(const std::string& folder, const std::string& name) {
  if (is_data_path(name)) return name;
  return (folder_path(folder) / (name + ".toml")).string();
}

std::vector<std::string> data_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_path(folder), error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<HardwareSpec> load_hardware(const std::string& name, Issues& issues) {
  const std::string path = data_path("hardware", name);
  const auto file = read_toml(path, issues);
  if (!file) return std::nullopt;
  auto spec = read_hardware(*file, std::filesystem::path(path).stem().string(), issues);
  const std::string table = cost_table_path(path);
  if (spec && std::filesystem::exists(table)) spec->cost_table = table;
  return spec;
}

std::string cost_table_path(const std::string& hardware_path) {
  return std::filesystem::path(hardware_path).replace_extension(".cost.h5").string();
}

std::optional<LlmSpec> load_llm(const std::string& name, Issues& issues) {
  const std::string path = data_path("llm", name);
  const auto file = read_toml(path, issues);
  if (!file) return std::nullopt;
  return read_llm(*file, std::filesystem::path(path).stem().string(), issues);
}

}  // namespace kvern
