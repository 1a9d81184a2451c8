// A file that a command writes where its user said: made beside its place as <path>.partial, sealed
// and renamed when whole. What stands there already is replaced only where it is a file of the same
// kind (seal.h), so a mistyped --out costs nobody a device, a link, a folder or an input.
#pragma once

#include <string>
#include <string_view>

namespace kvern {

class OutputFile {
 public:
  // Throws OutsideError where `path`, or the name of its partial file, is taken by something that
  // must not be replaced.
  OutputFile(std::string path, std::string_view kind);
  ~OutputFile();  // without commit(): removes the partial file
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& partial() const { return partial_; }
  // The partial file, closed and whole, takes the name. Throws OutsideError.
  void commit();

 private:
  std::string path_;
  std::string partial_;
};

}  // namespace kvern
