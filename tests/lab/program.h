// The program as its users meet it: arguments in; stdout, stderr and the exit code out. Each has a
// folder of its own, which goes with it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/roots.h"

namespace kvern::lab {

// A scenario that runs in no time; more lines may follow, of [pool.kv] first.
inline constexpr const char* kSmall = R"toml(name = "small"
[workload]
arrivals = "poisson(rate=50 req/s)"
lengths = "constant(prompt=40, output=5)"
requests = 20
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 2000
)toml";

struct Output {
  int code = -1;  // -1: it was killed
  std::string out;
  std::string err;
};

class Program {
 public:
  explicit Program(std::string binary);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // A file in the folder; answers its path.
  std::string write(const std::string& name, const std::string& text) const;
  Output call(std::vector<std::string> arguments) const;
  // `run SCENARIO --out FOLDER/out ...`
  Output run(const std::string& scenario, const std::vector<std::string>& more) const;

 private:
  std::string binary_;
  std::filesystem::path folder_;
};

std::string text_of(const std::filesystem::path& file);
// The numbers of a key in rows of JSON, in their order; not those that are null.
std::vector<double> numbers_of(const std::string& json, const std::string& key);

}  // namespace kvern::lab
