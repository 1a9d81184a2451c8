// Rules apart from costs: a real engine's runs on an H100 (our own measurement), replayed with the
// measured time of every iteration. Each decision must be the engine's: what ran, how many
// sequences, blocks in use, who waits. The cases name the engine's rule and the comparisons.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/lab/data.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

void expect_the_engines_decisions(const std::string& name, const std::string& iterations) {
  const std::filesystem::path root = KVERN_ROOT;
  const std::string runs = "validation/h100_own";
  if (!lab::has_data(runs)) GTEST_SKIP() << lab::needs_data(runs);
  const lab::Program program{KVERN_BINARY};
  const lab::Output run = program.call({"validate", (root / "scenarios/validation" / name).string(),
                                        "--out", (program.folder() / "out").string(), "--json"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  std::size_t equal = 0;
  const std::string all = "\"predicted\": " + iterations + ", \"measured\": " + iterations;
  for (std::size_t at = 0; (at = run.out.find(all, at)) != std::string::npos; ++at) ++equal;
  EXPECT_EQ(equal, 7U) << run.out;
}

TEST(ForcedSchedule, AmplePool) { expect_the_engines_decisions("h100_s_conv_forced", "1017"); }
TEST(ForcedSchedule, AThirdOfThePool) { expect_the_engines_decisions("h100_s_p3_forced", "1751"); }
TEST(ForcedSchedule, AnotherModel) { expect_the_engines_decisions("h100_s_q_forced", "1442"); }

}  // namespace
}  // namespace kvern
