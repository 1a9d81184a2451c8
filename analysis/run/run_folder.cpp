#include "analysis/run/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "analysis/run/run_files.h"
#include "analysis/text/text.h"
#include "sim/base/digest.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"

namespace kvern {

namespace fs = std::filesystem;

namespace {

// What can still be read of a run that did not end.
std::string describe_left_over(const fs::path& partial) {
  const fs::path records = partial / "records.h5";
  std::string what = "no records";
  if (fs::exists(records)) {
    try {
      TableReader reader(records.string());
      what = reader.has("/requests/id") ? fmt::format("{} complete request rows in records.h5",
                                                      with_thousands(reader.rows("/requests/id")))
                                        : "records.h5 without request rows";
    } catch (const OutsideError&) {
      what = "an unreadable records.h5";
    }
  }
  return fmt::format("{}: left by a run that did not end ({}); replaced now", partial.string(),
                     what);
}

[[noreturn]] void fail(const std::string& doing, const std::string& path, int code) {
  throw OutsideError(fmt::format("{}: {}: {}", path, doing, std::strerror(code)));
}

// A link is somebody's, and so is what it leads to.
void refuse_what_is_no_folder(const std::string& path) {
  std::error_code unknown;
  const fs::file_status status = fs::symlink_status(path, unknown);
  if (!fs::exists(status) || fs::is_directory(status)) return;
  throw OutsideError(fmt::format("{}: {}, where the folder of this run would be; move it away",
                                 path,
                                 fs::is_symlink(status) ? "a symbolic link" : "not a folder"));
}

// The lock lives on the folder itself and goes with its owner's death, so a folder that is not
// locked is a left-over.
int lock_folder(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot open", path, errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    ::close(descriptor);
    if (code == EWOULDBLOCK) throw OutsideError(path + ": another run is writing here");
    fail("cannot lock", path, code);
  }
  return descriptor;
}

}  // namespace

std::string RunFolder::name(std::string_view scenario, std::string_view resolved_toml) {
  return fmt::format("{}-{}", scenario, sha256_hex(resolved_toml).substr(0, 8));
}

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  const std::string partial = partial_path();
  std::error_code error;
  refuse_what_is_no_folder(path_);
  refuse_what_is_no_folder(partial);
  const bool there = fs::exists(partial);
  fs::create_directories(partial, error);
  if (error) fail("cannot create", partial, error.value());
  lock_ = lock_folder(partial);
  if (there) {
    left_over_ = describe_left_over(partial);
    remove_run_files(partial);
  }
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

std::string RunFolder::file(std::string_view name) const {
  return (fs::path(partial_path()) / name).string();
}

void RunFolder::write(std::string_view name, std::string_view text) const {
  const std::string path = file(name);
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (out.fail()) fail("cannot write", path, errno != 0 ? errno : EIO);
}

void RunFolder::commit() {
  std::error_code error;
  if (fs::exists(path_)) replace_run_folder(path_, partial_path());
  fs::rename(partial_path(), path_, error);
  if (error) fail("cannot rename", partial_path(), error.value());
}

std::string manifest_toml(const Manifest& manifest) {
  std::string out = fmt::format(
      "kvern = {}\ncompiler = {}\nscenario = {}\nseed = {}\nfingerprint = {}\nclairvoyant = {}\n"
      "cache_start = {}\n",
      quoted_text(manifest.version), quoted_text(__VERSION__), quoted_text(manifest.scenario),
      manifest.seed, quoted_text(manifest.fingerprint), manifest.clairvoyant,
      manifest.warm ? "\"warm\"" : "\"cold\"");
  if (!manifest.notes.empty()) {
    out += "notes = [\n";
    for (const std::string& note : manifest.notes) out += fmt::format("  {},\n", quoted_text(note));
    out += "]\n";
  }
  out += "\n[libraries]\n";
  for (const auto& [library, version] : manifest.libraries) {
    out += fmt::format("{} = {}\n", quoted_text(library), quoted_text(version));
  }
  for (const Manifest::Input& input : manifest.inputs) {
    out += fmt::format("\n[[input]]\npath = {}\nsha256 = {}\n", quoted_text(input.path),
                       quoted_text(input.sha256));
  }
  return out;
}

}  // namespace kvern
