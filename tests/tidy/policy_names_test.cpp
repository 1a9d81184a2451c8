// A policy is known by its file: no string of the product names one outside the folder of its port
// and that port's header, so that adding, renaming or leaving one out is an edit of one file.
#include <gmock/gmock.h>

#include <map>

#include "tests/tidy/source_tree.h"

namespace kvern::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Names that are plain words too, and where they may stand as such.
struct PlainWord {
  const char* word;
  const char* folder;  // "": anywhere
  const char* meaning;
};
constexpr PlainWord kPlainWords[] = {
    {"clock", "", "of a processor, or of a trace"},
    {"exact", "", "not rounded, not estimated"},
    {"size", "", "a key, a column"},
    {"table", "", "of a scenario file"},
    {"window", "", "a key of models and policies"},
    {"trace", "", "a file of requests, a command"},
    {"affine", "models/host_overhead", "the host's part has this form too"},
    {"dense", "", "attention over all tokens, in tables too"},
    {"off", "", "not on"},
    {"zipf", "sim/cache/conformance_workloads", "a law of popularity"},
};

// By name, the folders of the ports that have such a policy.
std::map<std::string, std::vector<std::string>> policy_folders() {
  std::map<std::string, std::vector<std::string>> folders;
  for (const char* root : {"policies", "models/step_cost", "traces/arrivals", "traces/lengths",
                           "traces/prefixes", "traces/tenants"}) {
    for (const std::string& path : paths(root, ".cpp")) {
      if (path.starts_with("policies/parts/")) continue;
      const std::size_t slash = path.rfind('/');
      std::string name = path.substr(slash + 1, path.size() - slash - 5);
      if (name.ends_with('_')) name.pop_back();
      folders[name].push_back(path.substr(0, slash));
    }
  }
  return folders;
}

bool is_plain(const std::string& word, const std::string& path) {
  for (const PlainWord& plain : kPlainWords) {
    if (word == plain.word && path.starts_with(plain.folder)) return true;
  }
  return false;
}

// The parts of a workload know each other: an on-off process draws exponential lengths.
bool is_at_home(const std::string& path, const std::string& folder) {
  if (path.starts_with(folder + "/") || path == folder + ".h") return true;
  return folder.starts_with("traces/") && path.starts_with("traces/");
}

std::vector<std::string> strangers(const std::vector<SourceFile>& files) {
  const auto folders = policy_folders();
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    for (const Literal& literal : literals(file)) {
      const std::string name = literal.text.substr(0, literal.text.find('('));
      const bool whole = name == literal.text || literal.text.ends_with(')');
      const auto known = folders.find(name);
      if (!whole || known == folders.end() || is_plain(name, file.path)) continue;
      const auto is_home = [&](const std::string& folder) { return is_at_home(file.path, folder); };
      if (std::none_of(known->second.begin(), known->second.end(), is_home)) {
        offending.push_back(at(file, literal.line));
      }
    }
  }
  return offending;
}

}  // namespace

TEST(PolicyNames, StandInTheFoldersOfTheirPorts) {
  EXPECT_THAT(strangers(product_files()), IsEmpty());
}

TEST(PolicyNames, StrangersAreFound) {
  EXPECT_THAT(strangers({source_file("sim/a.cpp", "// \"lru\"\nif (name == \"lru\") {"),
                         source_file("sim/b.cpp", "x = \"ttl(lru, after=10 min)\";"),
                         source_file("policies/eviction/ttl.cpp", "x = \"lru\";"),
                         source_file("policies/eviction.h", "x = \"lru\";"),
                         source_file("policies/tiering.h", "x = \"always\"; y = \"lru\";"),
                         source_file("traces/a.cpp", "x = \"exponential(mean=1 s)\";"),
                         source_file("sim/c.cpp", "p.get(\"window\"); \"of lru alone\";")}),
              ElementsAre("sim/a.cpp:2: if (name == \"lru\") {",
                          "sim/b.cpp:1: x = \"ttl(lru, after=10 min)\";",
                          "policies/tiering.h:1: x = \"always\"; y = \"lru\";"));
}

}  // namespace kvern::tidy
