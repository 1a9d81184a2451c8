#include "scenarios/program/read/data_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "scenarios/program/build/origin.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDataVariable = "KVERN_DATA";
constexpr std::string_view kDataPrefix = "data:";

}  // namespace

std::string data_folder() {
  const char* named = std::getenv(kDataVariable);
  if (named != nullptr && *named != '\0') return fs::absolute(named).string();
  const fs::path beside = fs::path(source_folder()).parent_path() / "shared";
  std::error_code unreadable;
  return fs::is_directory(beside, unreadable) ? beside.string() : "";
}

bool use_data_folder(const std::string& folder) {
  std::error_code unreadable;
  if (!fs::is_directory(folder, unreadable)) return false;
  // A variable and not a value of ours: the processes of a sweep and the benchmarks inherit it.
  return setenv(kDataVariable, fs::absolute(folder).c_str(), 1) == 0;
}

bool in_data_folder(const std::string& name) { return name.starts_with(kDataPrefix); }

fs::path named_path(const std::string& name, const fs::path& beside) {
  if (!in_data_folder(name)) return beside / name;
  const std::string folder = data_folder();
  return folder.empty() ? fs::path(name) : fs::path(folder) / name.substr(kDataPrefix.size());
}

std::string missing_data_hint(const std::string& name) {
  if (!in_data_folder(name)) return "";
  const std::string folder = data_folder();
  return fmt::format("\"data:\" is {}; name the folder of your data by --data DIR or {}=DIR",
                     folder.empty() ? "no folder so far" : "the folder " + folder, kDataVariable);
}

}  // namespace kvern
