// What a policy says that a step takes it is what the attention machine counts.
#include <gtest/gtest.h>

#include "models/upkeep_cost.h"
#include "sim/base/time.h"
#include "tests/lab/recordings.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

// FLOPs of the decode steps of one KV head, attention's own (4 dim + 3 a slot and query head) taken
// off, and what upkeep() says: steps of 28 tokens after a prompt of 20.
struct Flops {
  double counted = 0, told = 0;
};
Flops flops_of(const std::string& text) {
  const auto recorded = lab::random_text({.seed = 5, .tokens = 48, .prompt = 20, .group = 2});
  const auto policy = lab::token_policy(text)();
  const TokenLayer layer = token_layer(recorded.sequence, recorded.layers[0], 0);
  const TokenUpkeep upkeep = policy->upkeep(layer);
  Flops flops;
  flops.counted = static_cast<double>(lab::replay_head(recorded, text).work.flops);
  for (std::uint32_t n = 20; n < 48; ++n) {
    const double read = static_cast<double>(policy->read(layer.bounds, n)->value) + 1;
    const double held = static_cast<double>(policy->resident(layer.bounds, n)->value) + 1;
    flops.counted -= layer.group * read * (4.0 * layer.vectors.dim + 3);
    flops.told += upkeep.flops_per_step + upkeep.flops_per_token * held;
  }
  return flops;
}

}  // namespace

TEST(Upkeep, IsWhatStepsCount) {
  for (const char* policy :
       {"full", "window(size=9)", "streaming_llm(budget=0.4)", "h2o(budget=0.4)", "tova(size=9)",
        "keyformer(size=9)", "random(size=9)", "l2_norm(size=9)", "nacl(budget=0.4)",
        "segmented_heavy_hitter(budget=0.4)", "scissorhands(size=12, recent=2)"}) {
    const Flops flops = flops_of(policy);
    EXPECT_EQ(flops.counted, flops.told) << policy;
  }
  // Pages that are not full yet, and the new token, make the difference.
  for (const char* policy : {"quest(page=2, pages=3)", "loki(keys=0.25, rank=4)"}) {
    const Flops flops = flops_of(policy);
    EXPECT_NEAR(flops.counted, flops.told, 0.06 * flops.told) << policy;
  }
}

// H2O on Llama-3.1-8B: 32 layers x 8 KV heads x 8 B x 4 query heads = 8192 B a token held, 5 FLOPs
// each in 256 heads; 10 decodes that hold 1000 tokens, 4 of them growing.
TEST(Upkeep, IsAKernelMoreInStepsThatDecode) {
  Priced dense("h100_sxm", "llama-3.1-8b", "roofline");
  Priced priced("h100_sxm", "llama-3.1-8b", "roofline");
  auto cost =
      with_token_upkeep(std::move(priced.cost), {.flops_per_token = 5, .bytes_per_token = 32});
  ASSERT_EQ(cost->prepare(priced.deployment), "");
  Batch batch;
  batch.decodes = 10;
  batch.kv_tokens = batch.held_tokens = 1000;
  batch.holding_more = 4;
  batch.flat = 6;
  Work with, without;
  cost->work(batch, with);
  dense.cost->work(batch, without);
  ASSERT_EQ(with.count, without.count + 1);
  const KernelWork& kernel = with.kernels[without.count];
  EXPECT_EQ(kernel.bytes, (Line{8'192'000, 4 * 8192}));
  EXPECT_EQ(kernel.flops, (Line{1'280'000, 4 * 1280}));
  // 8.192 MB at 3.35 TB/s and the share of it that streams reach: a few us, and 32 launches.
  EXPECT_GT(kernel.memory_ticks.first, ticks_of(8.192e6 / 3.35e12) - 1);
  EXPECT_LT(kernel.memory_ticks.first, ticks_of(2 * 8.192e6 / 3.35e12));
  EXPECT_EQ(kernel.fixed_ticks.first,
            ticks_of(32 * priced.deployment.hardware->kernel_seconds.value));
  // A step of prefill alone keeps no scores.
  const std::vector<PrefillChunk> chunks = {{512, 0, true}};
  Batch prefill;
  prefill.prefill = chunks;
  with.clear();
  without.clear();
  cost->work(prefill, with);
  dense.cost->work(prefill, without);
  EXPECT_EQ(with.count, without.count);
}

// Two GPUs share a policy's upkeep alike, by heads (tensor parallelism) or by sequences (data
// parallelism).
TEST(Upkeep, IsSharedByDataParallelRanksToo) {
  const auto bytes_of = [](std::uint32_t tensor, std::uint32_t data) {
    Priced priced("h100_sxm", "qwen3-30b-a3b", "roofline");
    priced.deployment.tensor_parallel = tensor;
    priced.deployment.data_parallel = data;
    priced.deployment.expert_parallel = tensor * data;
    auto cost =
        with_token_upkeep(std::move(priced.cost), {.flops_per_token = 5, .bytes_per_token = 32});
    EXPECT_EQ(cost->prepare(priced.deployment), "");
    Batch batch;
    batch.decodes = 10;
    batch.kv_tokens = batch.held_tokens = 1000;
    Work work;
    cost->work(batch, work);
    return work.kernels[work.count - 1].bytes.first;
  };
  EXPECT_EQ(bytes_of(1, 2), bytes_of(2, 1));
  EXPECT_EQ(2 * bytes_of(1, 2), bytes_of(1, 1));
}

}  // namespace kvern
