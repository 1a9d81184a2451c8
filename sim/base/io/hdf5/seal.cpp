#include "sim/base/io/hdf5/seal.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "sim/base/digest.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

// "kvern " kind, padded | " " sha256 | newline, with blanks between: always the same length.
constexpr std::size_t kKindRoom = 20;
constexpr std::size_t kHexDigits = 64;
constexpr std::string_view kMark = "\nKVERN ";
constexpr std::size_t kSealBytes = 96;

std::string seal_text(std::string_view kind, const std::string& sum) {
  return fmt::format("{}{:<{}} {}   \n", kMark, kind, kKindRoom, sum);
}

using OpenFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void fail_seal(const std::string& path) {
  throw OutsideError(fmt::format("{}: {}", path, std::strerror(errno != 0 ? errno : EIO)));
}

OpenFile open_file(const std::string& path, const char* mode) {
  errno = 0;
  OpenFile file(std::fopen(path.c_str(), mode), &std::fclose);
  if (file == nullptr) fail_seal(path);
  return file;
}

// Of the first `size` bytes.
std::string sum_of(std::FILE* file, const std::string& path, std::uint64_t size) {
  std::vector<char> buffer(1 << 18);
  Sha256 sum;
  std::rewind(file);
  while (size > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(size, buffer.size());
    const std::size_t got = std::fread(buffer.data(), 1, wanted, file);
    if (got == 0) fail_seal(path);
    sum.add(buffer.data(), got);
    size -= got;
  }
  return sum.hex();
}

std::uint64_t size_of(std::FILE* file, const std::string& path) {
  if (std::fseek(file, 0, SEEK_END) != 0) fail_seal(path);
  const long size = std::ftell(file);
  if (size < 0) fail_seal(path);
  return static_cast<std::uint64_t>(size);
}

// The last bytes of the file where they are a seal, else "".
std::string read_seal(std::FILE* file, const std::string& path) {
  const std::uint64_t size = size_of(file, path);
  if (size < kSealBytes) return "";
  if (std::fseek(file, -static_cast<long>(kSealBytes), SEEK_END) != 0) fail_seal(path);
  std::string text(kSealBytes, '\0');
  if (std::fread(text.data(), 1, text.size(), file) != text.size()) fail_seal(path);
  return text.starts_with(kMark) ? text : "";
}

std::string kind_in(const std::string& seal) {
  if (seal.empty()) return "";
  const std::string padded = seal.substr(kMark.size(), kKindRoom);
  return padded.substr(0, padded.find_last_not_of(' ') + 1);
}

}  // namespace

void seal_file(const std::string& path, std::string_view kind) {
  const OpenFile file = open_file(path, "r+b");
  const std::string seal = seal_text(kind, sum_of(file.get(), path, size_of(file.get(), path)));
  if (std::fseek(file.get(), 0, SEEK_END) != 0) fail_seal(path);
  errno = 0;
  if (std::fwrite(seal.data(), 1, seal.size(), file.get()) != seal.size() ||
      std::fflush(file.get()) != 0) {
    fail_seal(path);
  }
}

std::string sealed_kind(const std::string& path) {
  return kind_in(read_seal(open_file(path, "rb").get(), path));
}

void check_seal(const std::string& path, std::string_view kind, std::string_view again) {
  const OpenFile file = open_file(path, "rb");
  const std::string seal = read_seal(file.get(), path);
  if (seal.empty()) {
    throw OutsideError(
        fmt::format("{}: not a {} that Kvern wrote, or changed or cut short since: its seal (the "
                    "SHA-256 of its content) is missing; {}",
                    path, kind, again));
  }
  const std::string found = kind_in(seal);
  if (found != kind) {
    throw OutsideError(fmt::format("{}: this is a {}, not a {}", path, found, kind));
  }
  const std::uint64_t content = size_of(file.get(), path) - kSealBytes;
  if (seal != seal_text(kind, sum_of(file.get(), path, content))) {
    throw OutsideError(
        fmt::format("{}: its content is not what was written (the SHA-256 differs): the file is "
                    "damaged; {}",
                    path, again));
  }
}

}  // namespace kvern
