// The affine step cost, to the tick.
#include <gtest/gtest.h>

#include <array>

#include "models/step_cost.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

std::unique_ptr<StepCost> affine(const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {"test"}, issues);
  auto cost = make_policy(step_cost::table(), "step_cost", spec, "pool.step_cost", issues);
  EXPECT_EQ(issues.text(), "");
  return cost;
}

Line ticks_of(StepCost& cost, const Batch& batch) {
  Work work;
  cost.work(batch, work);
  EXPECT_EQ(work.count, 1);
  EXPECT_FALSE(work.has_work);
  EXPECT_EQ(work.steps, kLongestRun);
  return work.kernels[0].fixed_ticks;
}

TEST(Affine, PricesAMixedStepByHand) {
  const auto cost = affine("affine(a=5 ms, b=8 us, c=12 us, d=47 ns)");
  // Two decodes at 1000 and 500 tokens; a chunk of 100 behind 300, one of 20 behind none.
  const std::array<PrefillChunk, 2> chunks = {PrefillChunk{100, 300, false},
                                              PrefillChunk{20, 0, true}};
  const Batch batch{2, 1500, 1000, chunks};
  // 5 ms + 120 * 8 us + 4 * 12 us + (1500 + 300) * 47 ns = 5,000,000 + 960,000 + 48,000 + 84,600
  EXPECT_EQ(ticks_of(*cost, batch).first, 6'092'600 * kTicksPerNs);
  EXPECT_EQ(ticks_of(*cost, batch).slope, 2 * 47 * kTicksPerNs);
}

TEST(Affine, KeepsFractionsOfANanosecond) {
  const auto cost = affine("affine(a=0 ns, b=0 ns, c=0 ns, d=0.5 ns)");
  EXPECT_EQ(ticks_of(*cost, {3, 7, 4, {}}), (Line{7 * kTicksPerNs / 2, 3 * kTicksPerNs / 2}));
}

TEST(Affine, HasTheStatedDefaults) {
  EXPECT_EQ(ticks_of(*affine("affine"), {1, 1, 1, {}}).first, 5'012'047 * kTicksPerNs);
}

// Law: the price of the batch advanced by i steps is {first + i * slope, slope}.
TEST(Affine, ARunOfDecodeStepsIsALine) {
  const auto cost = affine("affine(a=1 us, b=3 ns, c=0.3 ns, d=0.7 ns)");
  const Line line = ticks_of(*cost, {5, 5000, 2000, {}});
  for (const std::uint32_t i : {1U, 7U, 8191U}) {
    const Line later = ticks_of(*cost, {5, 5000 + 5 * i, 2000 + i, {}});
    EXPECT_EQ(later, (Line{line.at(i), line.slope}));
  }
}

TEST(Affine, RefusesStepsBeyondAnHour) {
  Deployment deployment;
  deployment.max_batched_tokens = 8192;
  EXPECT_EQ(affine("affine")->prepare(deployment), "");
  // 8192 tokens * 1 s = 2.3 h
  EXPECT_NE(affine("affine(b=1 s)")->prepare(deployment), "");
}

TEST(Line, LongStepsMakeShorterRuns) {
  EXPECT_EQ(summable_steps({kSecond * kTicksPerNs, 0}), kLongestRun);
  const Line hour{3600 * kSecond * kTicksPerNs, 0};
  // 9.2e18 / (3600e9 * 2^20) = 2.4
  EXPECT_EQ(summable_steps(hour), 2);
  const Line growing{1, std::int64_t{1} << 40};
  EXPECT_GT(growing.sum(summable_steps(growing)), 0);
}

}  // namespace
}  // namespace kvern
