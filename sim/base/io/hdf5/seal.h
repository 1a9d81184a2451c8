// The seal of a file: its last 96 bytes say what kind of Kvern file it is and the SHA-256 of all
// bytes before them. HDF5 and its tools read no further than its own end, so they do not notice;
// one that changes the file writes over the seal. A sealed file is checked before HDF5 looks into
// it: a changed byte is an error and never another answer.
#pragma once

#include <string>
#include <string_view>

namespace kvern {

// Appends the seal. `kind`: "trace", "cost table", at most 20 letters. Throws OutsideError.
void seal_file(const std::string& path, std::string_view kind);
// The kind, "" where there is no seal. Does not look at the content. Throws OutsideError when the
// file can't be read.
std::string sealed_kind(const std::string& path);
// Throws OutsideError where the file is of another kind, has no seal, or another content than the
// seal says. `again` tells how to make a new one: "kvern trace import makes a new one".
void check_seal(const std::string& path, std::string_view kind, std::string_view again);

}  // namespace kvern
