#include "sim/base/io/output_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "sim/base/io/hdf5/seal.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

// Links are not followed: what they point to is somebody's, and so is the link.
void refuse_what_is_no_file(const std::string& path) {
  std::error_code unknown;
  const fs::file_status status = fs::symlink_status(path, unknown);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  const char* what = fs::is_symlink(status)     ? "a symbolic link"
                     : fs::is_directory(status) ? "a folder"
                                                : "a device, a pipe or a socket";
  throw OutsideError(
      fmt::format("{}: this is {}, which is not replaced; name another file", path, what));
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string_view kind)
    : path_(std::move(path)), partial_(path_ + ".partial") {
  refuse_what_is_no_file(path_);
  refuse_what_is_no_file(partial_);
  std::error_code unknown;
  if (fs::exists(path_, unknown) && fs::file_size(path_, unknown) > 0 &&
      sealed_kind(path_) != kind) {
    throw OutsideError(
        fmt::format("{}: there is a file already, and it is no {} of Kvern's, so it is not "
                    "replaced; name another file or remove it",
                    path_, kind));
  }
}

OutputFile::~OutputFile() {
  if (partial_.empty()) return;
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void OutputFile::commit() {
  std::error_code error;
  fs::rename(partial_, path_, error);
  if (error) throw OutsideError(fmt::format("{}: {}", path_, error.message()));
  partial_.clear();
}

}  // namespace kvern
