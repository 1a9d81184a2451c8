// A small text file, read whole: scenarios, data files. Never waits for a pipe that nobody writes,
// never reads a device without an end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace kvern {

// Null with `why` in words ("No such file or directory") where it can't be read or is larger than
// `most` bytes.
std::optional<std::string> read_text_file(const std::string& path, std::size_t most,
                                          std::string& why);

// Why a stream of bytes should not be read from there, or "": folders, and devices other than
// terminals and /dev/null, whose end never comes.
std::string no_source(const std::string& path);

}  // namespace kvern
