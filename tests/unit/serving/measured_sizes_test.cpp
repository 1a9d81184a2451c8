// Sizes of a token policy from measured counts.
#include "sim/kv/measured_sizes.h"

#include <gtest/gtest.h>

#include "sim/kv/residency.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

TokenBounds prompt_bounds(std::uint32_t prompt) {
  return {.prompt_tokens = prompt, .tokens = prompt, .layers = 1, .kv_heads = 4};
}

// A quarter of a prompt of 100 stays in the mean of 4 heads, then everything: a line for ever.
TEST(MeasuredSizes, AShareOfThePromptAndAllThatComesLater) {
  const auto policy = lab::token_policy("adakv(snapkv(budget=0.25))")();
  EXPECT_EQ(policy->growth(), TokenGrowth::ShareOfPrompt);
  const MeasuredSizes sizes(*policy, {.25, policy->growth(), 1});
  EXPECT_EQ(*sizes.resident_layer(prompt_bounds(100), 100), (TokenLine{100, 4, kAlways}));
  EXPECT_EQ(*sizes.resident_layer(prompt_bounds(100), 107), (TokenLine{128, 4, kAlways}));
  EXPECT_FALSE(sizes.resident(prompt_bounds(100), 100));
  EXPECT_FALSE(sizes.read(prompt_bounds(100), 100));  // all that is held
}

TEST(MeasuredSizes, AShareOfTheContext) {
  const auto policy = lab::token_policy("fastgen")();
  EXPECT_EQ(policy->growth(), TokenGrowth::ShareOfContext);
  const MeasuredSizes sizes(*policy, {.6, policy->growth(), 1});
  EXPECT_EQ(*sizes.resident_layer(prompt_bounds(100), 100), (TokenLine{240, 0, 1}));
  EXPECT_EQ(*sizes.resident_layer(prompt_bounds(100), 101), (TokenLine{242, 0, 1}));  // 242.4
}

// A window of 50 at half the bytes a token: as 25 tokens of full width.
TEST(MeasuredSizes, FewerBytesATokenAreFewerTokens) {
  const auto policy = lab::token_policy("kv_quant(window(size=50), bits=8)")();
  const MeasuredSizes sizes(*policy, {std::nullopt, policy->growth(), .5});
  EXPECT_EQ(*sizes.resident_layer(prompt_bounds(100), 120), (TokenLine{100, 0, 1}));
  EXPECT_EQ(*sizes.read(prompt_bounds(100), 120), (TokenLine{25, 0, 1}));
}

// Sizes in tokens say nothing of other lengths.
TEST(MeasuredSizes, AbsoluteSizesHaveNoShare) {
  EXPECT_EQ(lab::token_policy("adakv(snapkv(capacity=64))")()->growth(), TokenGrowth::Unknown);
  EXPECT_EQ(lab::token_policy("kv_quant(adakv(snapkv(budget=0.2)))")()->growth(),
            TokenGrowth::ShareOfPrompt);
}

// As a serving run asks: 25 tokens a head in the mean after the prompt, then one more a step.
TEST(MeasuredSizes, AResidencyTakesThem) {
  auto policy = lab::token_policy("adakv(snapkv(budget=0.25))")();
  TokenLayer layer;
  layer.bounds = prompt_bounds(100);
  layer.rope_theta = 10'000;
  auto sizes =
      std::make_unique<MeasuredSizes>(*policy, MeasuredCounts{.25, TokenGrowth::ShareOfPrompt, 1});
  Residency residency(std::move(policy), layer, std::move(sizes));
  const HeldRun run = residency.from(200, 200, HeldRun::kForever);
  EXPECT_EQ(run.held, 50U);
  EXPECT_EQ(run.growth, 1);
  EXPECT_EQ(run.read, 50U);
  EXPECT_EQ(run.read_growth, 1U);
  EXPECT_EQ(run.steps, HeldRun::kForever);
}

}  // namespace
}  // namespace kvern
