// scenarios/papers: each file can run as it is, says what it reproduces and whose number it
// expects.
#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/plan.h"

namespace kvern {
namespace {

TEST(Papers, SayWhatTheyReproduceAndWhoseNumberTheyExpect) {
  std::size_t papers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(KVERN_ROOT "/scenarios/papers")) {
    if (entry.path().extension() != ".toml") continue;
    ++papers;
    RunRequest request;
    request.file = entry.path().string();
    Issues issues;
    const auto plan = make_plan(request, issues);
    ASSERT_TRUE(plan.has_value()) << issues.text();
    EXPECT_EQ(plan->name, entry.path().stem().string());
    const auto& paper = plan->scenarios.front().paper;
    ASSERT_TRUE(paper.has_value()) << request.file;
    for (const std::string& text : {paper->title, paper->id, paper->what, paper->not_reproduced}) {
      EXPECT_FALSE(text.empty()) << request.file;
    }
    EXPECT_FALSE(plan->expects.empty()) << request.file;
    for (const ExpectSpec& expect : plan->expects) {
      EXPECT_FALSE(expect.source.empty()) << request.file << ": " << expect.metric;
    }
  }
  EXPECT_GE(papers, 30U);
}

}  // namespace
}  // namespace kvern
