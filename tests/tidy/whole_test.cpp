// What exists is tested, and what the READMEs say exists.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "tests/roots.h"
#include "tests/tidy/source_tree.h"

namespace kvern::tidy {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string stem(const std::string& path) { return fs::path(path).stem().string(); }

// "least_loaded" is "LeastLoaded" as the name of a test suite.
std::string camel_case(const std::string& name) {
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '_') continue;
    const bool starts_word = i == 0 || name[i - 1] == '_';
    camel += starts_word ? static_cast<char>(std::toupper(name[i])) : name[i];
  }
  return camel;
}

// A unit test's file or suite is named after the policy, or it names it as a scenario or as C++
// does: "lru", "lru(...", lru::make.
bool tests_policy(const SourceFile& test, const std::string& name) {
  if (stem(test.path) == name + "_test") return true;
  for (const std::string& line : test.lines) {
    if (line.starts_with("TEST(" + camel_case(name) + ",")) return true;
    for (const std::string& mention : {"\"" + name + "\"", "\"" + name + "(", name + "::make"}) {
      const std::size_t found = line.find(mention);
      if (found == std::string::npos) continue;
      if (mention.front() == '"' || has_word(line, name)) return true;
    }
  }
  return false;
}

std::vector<std::string> untested(const std::vector<std::string>& policies,
                                  const std::vector<SourceFile>& tests) {
  std::vector<std::string> offending;
  for (const std::string& policy : policies) {
    if (policy.starts_with("policies/parts/")) continue;  // of several, tested through them
    bool tested = false;
    for (const SourceFile& test : tests) {
      tested = tested || (test.path.starts_with("tests/unit/") && tests_policy(test, stem(policy)));
    }
    if (!tested) offending.push_back(policy);
  }
  return offending;
}

// The relative targets of Markdown links: [text](target#anchor).
std::vector<std::string> link_targets(std::string_view markdown) {
  std::vector<std::string> targets;
  for (std::size_t i = markdown.find("]("); i != markdown.npos; i = markdown.find("](", i + 1)) {
    const std::string_view rest = markdown.substr(i + 2);
    const std::string_view target = rest.substr(0, rest.find_first_of(")#"));
    if (!target.empty() && target.find("://") == target.npos) targets.emplace_back(target);
  }
  return targets;
}

TEST(Whole, EveryPolicyHasAUnitTest) {
  EXPECT_THAT(untested(paths("policies", ".cpp"), test_files()), IsEmpty());
}

TEST(Whole, AnUntestedPolicyIsFound) {
  EXPECT_THAT(
      untested(
          {"policies/eviction/lru.cpp", "policies/eviction/arc.cpp", "policies/routing/fit.cpp",
           "policies/routing/round_robin.cpp", "policies/batching/vllm_v1.cpp"},
          {source_file("tests/unit/eviction/arc_test.cpp", ""),
           source_file("tests/unit/pool_test.cpp", "x = make(\"vllm_v1(chunked=true)\");\n"),
           source_file("tests/unit/b_test.cpp", "// lru, outfit::make\n"),
           source_file("tests/unit/c_test.cpp", "TEST(RoundRobin, TakesTurns) {}\n"),
           source_file("tests/machine/lru_test.cpp", "")}),
      ElementsAre("policies/eviction/lru.cpp", "policies/routing/fit.cpp"));
}

// Those of `kvern reproduce` and `kvern validate` are found by these commands.
TEST(Whole, EveryScenarioIsNamedInItsReadmeOrAGoldenTest) {
  std::string text = read("scenarios/README.md");
  for (const std::string& path : paths("tests/golden", ".cpp")) text += read(path);
  for (const std::string& path : paths("scenarios", ".toml")) {
    if (path.starts_with("scenarios/papers/") || path.starts_with("scenarios/validation/"))
      continue;
    EXPECT_TRUE(has_word(text, stem(path))) << path;
  }
}

constexpr const char* kFolders[] = {"sim",      "models",    "policies", "traces",
                                    "analysis", "scenarios", "tests"};

std::vector<std::string> pages() {
  std::vector<std::string> pages{"README.md"};
  for (const char* folder : kFolders) {
    for (const std::string& page : paths(folder, ".md")) pages.push_back(page);
  }
  return pages;
}

TEST(Whole, EachFolderHasAPageAndTheFirstIsShort) {
  for (const char* folder : kFolders) {
    const std::string page = std::string(folder) + "/README.md";
    EXPECT_FALSE(read(page).empty()) << page;
    EXPECT_NE(read("README.md").find("(" + page + ")"), std::string::npos) << page;
  }
  const std::string first = read("README.md");
  EXPECT_LE(std::count(first.begin(), first.end(), '\n'), 150);
}

TEST(Whole, LinksOfPagesLeadSomewhere) {
  for (const std::string& page : pages()) {
    const fs::path folder = fs::path(page).parent_path();
    for (const std::string& target : link_targets(read(page))) {
      EXPECT_TRUE(fs::exists(fs::path(KVERN_ROOT) / folder / target)) << page << ": " << target;
    }
  }
}

TEST(Whole, LinkTargetsAreRead) {
  EXPECT_THAT(link_targets("[a](sim/line.h) [b](https://x.org/y) [c](#here) ![d](p.svg)"),
              ElementsAre("sim/line.h", "p.svg"));
}

}  // namespace
}  // namespace kvern::tidy
