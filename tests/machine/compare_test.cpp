// A sweep may set what the file alone lacks: the points are judged, not the file without them.
#include <gtest/gtest.h>

#include "tests/lab/program.h"

namespace kvern {
namespace {

constexpr const char* kSmall = R"toml(name = "small"
[workload]
arrivals = "poisson(rate=12 req/s)"
lengths = "azure2023_conversation"
requests = 50
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
[pool.kv]
blocks = 2000
prefix_cache = false
budget = 0.2
)toml";

TEST(Compare, BringsThePolicyOfABudget) {
  const lab::Program program{KVERN_BINARY};
  const std::string file = program.write("small.toml", kSmall);
  const lab::Output alone = program.run(file, {});
  EXPECT_EQ(alone.code, 2);
  EXPECT_NE(alone.err.find("there is no token_eviction to give it to"), std::string::npos);
  const std::string compare = "pool.kv.token_eviction=h2o,window";
  const lab::Output both = program.run(file, {"--compare", compare});
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_NE(both.out.find("\nwindow"), std::string::npos) << both.out;
}

TEST(Compare, TellsWhatIsStillWrong) {
  const lab::Program program{KVERN_BINARY};
  const std::string file = program.write("small.toml", std::string(kSmall) + "colour = 1\n");
  const lab::Output run = program.run(file, {"--compare", "pool.kv.token_eviction=h2o,h2"});
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("colour"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("\"h2\""), std::string::npos) << run.err;
}

// The same in a case of `kvern validate`.
TEST(Compare, ASweepOfACaseBringsIt) {
  const lab::Program program{KVERN_BINARY};
  std::filesystem::create_directories(program.folder() / "case");
  program.write("case/case.toml", std::string(kSmall) + R"toml([[sweep]]
key = "pool.kv.token_eviction"
values = ["h2o", "window"]
[[expect]]
metric = "requests_finished"
value = 50
[case]
name = "budget"
source = "nobody"
)toml");
  const lab::Output run = program.call({"validate", (program.folder() / "case").string(), "--out",
                                        (program.folder() / "out").string()});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("window"), std::string::npos) << run.out;
}

}  // namespace
}  // namespace kvern
