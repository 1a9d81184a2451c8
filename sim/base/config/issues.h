// User errors: collected, never thrown. Readers append here and return std::optional; the command
// line prints all of them at once, compiler-like, and exits with 2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvern {

struct Location {
  std::string file;
  int line = 0;    // from 1; 0 = the whole file
  int column = 0;  // from 1; 0 = the whole line
};

enum class Severity { Error, Warning, Note };

struct Issue {
  Location where;
  Severity severity = Severity::Error;
  std::string what;  // `unknown key "blocs" in [pool.kv]`
  std::string hint;  // `did you mean "blocks"?`, or empty
};

class Issues {
 public:
  void error(Location where, std::string what, std::string hint = {});
  void warning(Location where, std::string what, std::string hint = {});
  void note(Location where, std::string what, std::string hint = {});

  bool any_error() const { return errors_ > 0; }
  const std::vector<Issue>& all() const { return all_; }
  // One line an issue, each file from top to bottom:
  // `a.toml:9:1: error: unknown key "blocs" in [pool.kv]; did you mean ...`.
  std::string text() const;

 private:
  std::vector<Issue> all_;
  int errors_ = 0;
};

// `did you mean "blocks"?` for the nearest of `known` by edit distance, or one that begins with the
// word; empty when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace kvern
