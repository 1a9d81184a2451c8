// scenarios/papers: each file can run as it is, says what it reproduces and whose number it
// expects.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "scenarios/program/attention/attention_scenario.h"
#include "scenarios/program/command/reproduce_command.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/plan.h"
#include "tests/lab/data.h"
#include "tests/roots.h"

namespace kvern {
namespace {

void check(const std::optional<PaperSpec>& paper, const std::vector<ExpectSpec>& expects,
           const std::string& file) {
  ASSERT_TRUE(paper.has_value()) << file;
  for (const std::string& text : {paper->title, paper->id, paper->what, paper->not_reproduced}) {
    EXPECT_FALSE(text.empty()) << file;
  }
  EXPECT_FALSE(expects.empty()) << file;
  for (const ExpectSpec& expect : expects) {
    EXPECT_FALSE(expect.source.empty()) << file << ": " << expect.metric;
  }
}

TEST(Papers, SayWhatTheyReproduceAndWhoseNumberTheyExpect) {
  std::size_t papers = 0;
  const bool traces = lab::has_data("traces");
  std::string left_out;  // their traces are there
  for (const auto& entry : std::filesystem::directory_iterator(KVERN_ROOT "/scenarios/papers")) {
    if (entry.path().extension() != ".toml") continue;
    ++papers;
    RunRequest request;
    request.file = entry.path().string();
    Issues issues;
    const auto root = read_toml(request.file, issues);
    ASSERT_TRUE(root.has_value()) << issues.text();
    if (is_attention_scenario(*root)) {
      const auto scenario = read_attention_scenario(*root, request.file, issues);
      ASSERT_TRUE(scenario.has_value()) << issues.text();
      EXPECT_EQ(scenario->name, entry.path().stem().string());
      check(scenario->paper, scenario->expects, request.file);
      continue;
    }
    if (!traces && !absent_input(request.file, *root).empty()) {
      left_out += " " + entry.path().stem().string();
      continue;
    }
    const auto plan = make_plan(request, issues);
    ASSERT_TRUE(plan.has_value()) << issues.text();
    EXPECT_EQ(plan->name, entry.path().stem().string());
    check(plan->scenarios.front().paper, plan->expects, request.file);
  }
  EXPECT_GE(papers, 30U);
  if (!left_out.empty()) GTEST_SKIP() << lab::needs_data("traces") << ":" << left_out;
}

}  // namespace
}  // namespace kvern
