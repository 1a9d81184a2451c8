#include "analysis/run/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "sim/base/outside_error.h"

namespace kvern {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kDraws = "draws";
constexpr std::string_view kFiles[] = {"scenario.resolved.toml",
                                       "manifest.toml",
                                       "records.h5",
                                       "summary.json",
                                       "band.json",
                                       "work_profile.h5",
                                       "frontier.svg",
                                       "work_profile.h5.partial"};

// As RunFolder::name makes them: "<scenario>-<8 hex digits>", while it runs with ".partial".
bool is_run_folder(std::string_view name) {
  constexpr std::string_view kPartial = ".partial";
  constexpr std::size_t kDigits = 8;
  if (name.ends_with(kPartial)) name.remove_suffix(kPartial.size());
  return name.size() > kDigits + 1 && name[name.size() - kDigits - 1] == '-' &&
         name.substr(name.size() - kDigits).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

bool is_number(std::string_view name) {
  return name.find_first_not_of("0123456789") == std::string_view::npos;
}

void remove_one(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error)
    throw OutsideError(fmt::format("{}: cannot remove: {}", path.string(), error.message()));
}

void clear(const fs::path& folder, const fs::path& inside, std::vector<fs::path>& stays) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / inside, error)) {
    entries.push_back(entry);
  }
  if (error) {
    throw OutsideError(fmt::format("{}: {}", (folder / inside).string(), error.message()));
  }
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    const bool is_link = entry.is_symlink();
    if (std::find(std::begin(kFiles), std::end(kFiles), name) != std::end(kFiles)) {
      if (is_link || !entry.is_regular_file()) {
        throw OutsideError(
            fmt::format("{}: not a file that a run made, and in the place of one; "
                        "move it away",
                        entry.path().string()));
      }
      remove_one(entry.path());
      continue;
    }
    const bool own =
        !is_link && entry.is_directory() &&
        (is_run_folder(name) || name == kDraws || (inside.filename() == kDraws && is_number(name)));
    const std::size_t before = stays.size();
    if (own) clear(folder, inside / name, stays);
    if (own && stays.size() == before) remove_one(entry.path());
    if (!own) stays.push_back(inside / name);
  }
}

}  // namespace

bool is_folder_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  constexpr std::size_t kLongest = 100;
  return !name.empty() && name.size() <= kLongest && name.front() != '.' &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

std::vector<fs::path> remove_run_files(const fs::path& folder) {
  std::vector<fs::path> stays;
  clear(folder, "", stays);
  return stays;
}

void replace_run_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  for (const fs::path& path : remove_run_files(from)) {
    if (fs::exists(fs::symlink_status(to / path, error))) {
      throw OutsideError(fmt::format("{}: also in {}; move one of them away",
                                     (from / path).string(), to.string()));
    }
    fs::create_directories((to / path).parent_path(), error);
    fs::rename(from / path, to / path, error);
    if (error) {
      throw OutsideError(
          fmt::format("{}: cannot move: {}", (from / path).string(), error.message()));
    }
  }
  remove_run_files(from);  // the folders around what was moved
  remove_one(from);
}

}  // namespace kvern
