#include "sim/base/io/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kvern {
namespace {

// A descriptor that closes itself.
class OpenDescriptor {
 public:
  explicit OpenDescriptor(int number) : number_(number) {}
  ~OpenDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  OpenDescriptor(const OpenDescriptor&) = delete;
  OpenDescriptor& operator=(const OpenDescriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Reads to the end, or `most` bytes and one more. False with errno.
bool read_all_of(int file, std::size_t most, std::string& text) {
  char buffer[1 << 16];
  while (text.size() <= most) {
    const ssize_t got = ::read(file, buffer, std::min(sizeof buffer, most + 1 - text.size()));
    if (got == 0) return true;
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {  // a pipe whose writer is at work
      pollfd wait{file, POLLIN, 0};
      if (::poll(&wait, 1, -1) < 0) return false;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string no_source(const std::string& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return "";  // told when it is opened
  if (S_ISDIR(found.st_mode)) return "this is a folder";
  struct stat null = {};
  const bool is_null = ::stat("/dev/null", &null) == 0 && null.st_rdev == found.st_rdev;
  if (S_ISBLK(found.st_mode)) return "this is a device, not a file";
  if (!S_ISCHR(found.st_mode) || is_null) return "";
  const OpenDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return file.number() >= 0 && ::isatty(file.number()) == 1 ? "" : "this is a device, not a file";
}

std::optional<std::string> read_text_file(const std::string& path, std::size_t most,
                                          std::string& why) {
  why = no_source(path);
  if (!why.empty()) return std::nullopt;
  // Without waiting: a named pipe that nobody writes is an empty file.
  const OpenDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::string text;
  if (file.number() < 0 || !read_all_of(file.number(), most, text)) {
    why = std::strerror(errno);
    return std::nullopt;
  }
  if (text.size() > most) {
    why = fmt::format("it has more than {} bytes", most);
    return std::nullopt;
  }
  return text;
}

}  // namespace kvern
