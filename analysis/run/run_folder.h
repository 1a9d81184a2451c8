// The folder of a run, out/<name>-<hash>/: scenario.resolved.toml, manifest.toml, records.h5 and
// summary.json. It is written as <folder>.partial and renamed when whole, replacing an older one,
// so a folder without that ending always holds a finished run. Of what stood there before, only
// what runs write is removed (run_files.h); the rest stays in the new folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvern {

class RunFolder {
 public:
  // "<scenario>-<first 8 hex digits of sha256(resolved scenario)>"
  static std::string name(std::string_view scenario, std::string_view resolved_toml);

  // Makes `path`.partial. Throws OutsideError when that fails, when a link or a file has this name
  // or the final one, or when another process is writing there. What a killed run left in it is
  // removed, after it was described in left_over().
  explicit RunFolder(std::string path);
  ~RunFolder();  // without commit(): the .partial folder stays
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  // One line for stderr on what a killed run had left, or "".
  const std::string& left_over() const { return left_over_; }

  std::string file(std::string_view name) const;  // a path inside, valid until commit()
  // Throws OutsideError when the text cannot be written whole.
  void write(std::string_view name, std::string_view text) const;
  // The run is whole: the folder takes its final name. Not for runs cut short by a signal, which
  // must not replace a whole one; their files stay, closed, in the .partial folder.
  void commit();

  const std::string& path() const { return path_; }  // the final one
  std::string partial_path() const { return path_ + ".partial"; }

 private:
  std::string path_;
  std::string left_over_;
  int lock_ = -1;
};

// manifest.toml: what made this run. No wall-clock time: equal runs, equal files.
struct Manifest {
  struct Input {
    std::string path;
    std::string sha256;
  };
  std::string version;                                         // of Kvern
  std::vector<std::pair<std::string, std::string>> libraries;  // name, version
  std::string scenario;
  std::uint64_t seed = 0;
  std::vector<Input> inputs;
  std::string fingerprint;
  bool clairvoyant = false;
  bool warm = false;               // its prefix caches began with what another run had left
  std::vector<std::string> notes;  // what whoever reads the results should know, in sentences
};
std::string manifest_toml(const Manifest& manifest);

}  // namespace kvern
