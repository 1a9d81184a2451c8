// step_cost = "table": what it refuses, what it pads, how a replica of several GPUs shares a step.
#include <gtest/gtest.h>

#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

Work table_work(StepCost& cost, const Batch& batch) {
  Work work;
  cost.work(batch, work);
  return work;
}

std::int64_t ticks_of_part(const Work& work, EnergyPart part) {
  std::int64_t ticks = 0;
  for (int k = 0; k < work.count; ++k) {
    const KernelWork& kernel = work.kernels[k];
    if (kernel.part == part) ticks += kernel.memory_ticks.first + kernel.fixed_ticks.first;
  }
  return ticks;
}

std::string refusal_of(const std::string& gpu, const std::string& llm, const std::string& cost,
                       std::uint32_t tensor, std::uint32_t data, std::uint32_t experts) {
  const HardwareSpec hardware = shipped_hardware(gpu);
  const LlmSpec model = shipped_llm(llm);
  Deployment deployment;
  deployment.hardware = &hardware;
  deployment.model = &model;
  deployment.tensor_parallel = tensor;
  deployment.data_parallel = data;
  deployment.expert_parallel = experts;
  return step_cost_of(cost)->prepare(deployment);
}

TEST(TableCost, RefusesWhatWasNeverMeasured) {
  EXPECT_NE(refusal_of("mi300x", "llama-3.1-8b", "table", 1, 1, 1).find("kvern calibrate"),
            std::string::npos);
  EXPECT_NE(refusal_of("h100_sxm", "llama-3.1-8b", "table(attention=nobody)", 1, 1, 1)
                .find("measured: h100_own"),
            std::string::npos);
  EXPECT_NE(refusal_of("rtx4090", "smollm2-135m", "table", 1, 1, 1).find("heads of 64"),
            std::string::npos);
}

TEST(TableCost, RefusesWaysToShareThatDoNotExist) {
  for (const char* cost : {"table", "roofline"}) {
    EXPECT_NE(refusal_of("h100_sxm", "llama-3.1-8b", cost, 1, 2, 1).find("use replicas"),
              std::string::npos);
    EXPECT_NE(refusal_of("h100_sxm", "llama-3.1-8b", cost, 2, 1, 2).find("no experts"),
              std::string::npos);
    EXPECT_NE(refusal_of("h100_sxm", "mixtral-8x7b", cost, 2, 2, 2).find("all GPUs"),
              std::string::npos);
    EXPECT_EQ(refusal_of("h100_sxm", "mixtral-8x7b", cost, 2, 2, 4), "");
  }
}

TEST(TableCost, GraphsPadTheLayersButNotTheAttention) {
  Priced priced("h100_sxm", "llama-3.1-8b", "table");
  // 9 sequences run in the graph of 16.
  const Work nine = table_work(*priced.cost, {9, 9000, 1000, {}});
  const Work ten = table_work(*priced.cost, {10, 10000, 1000, {}});
  EXPECT_EQ(ticks_of_part(nine, EnergyPart::Mlp), ticks_of_part(ten, EnergyPart::Mlp));
  EXPECT_LT(ticks_of_part(nine, EnergyPart::KvWrite), ticks_of_part(ten, EnergyPart::KvWrite));
}

// What the set-up asks is no step: a chunk behind 32,768 tokens lies outside, and is not counted.
TEST(TableCost, ProbesAreNotQueries) {
  Priced priced("rtx4090", "llama-3.1-8b", "table");
  const std::vector<PrefillChunk> far{{2048, 32768, false}};
  Batch batch;
  batch.prefill = far;
  batch.probe = true;
  work_of(*priced.cost, batch);
  EXPECT_EQ(priced.cost->note(), "");
  batch.probe = false;
  work_of(*priced.cost, batch);
  EXPECT_EQ(priced.cost->note(), "1 of 1 prices lie outside what was measured on rtx4090");
}

TEST(TableCost, TheHeadRunsOnSequencesNotTokens) {
  Priced priced("h100_sxm", "llama-3.1-8b", "table");
  const std::vector<PrefillChunk> silent{{512, 0, false}};
  const std::vector<PrefillChunk> last{{512, 0, true}};
  EXPECT_EQ(ticks_of_part(table_work(*priced.cost, {0, 0, 0, silent}), EnergyPart::LmHead), 0);
  const Work one = table_work(*priced.cost, {0, 0, 0, last});
  const Work decode = table_work(*priced.cost, {1, 512, 512, {}});
  EXPECT_EQ(ticks_of_part(one, EnergyPart::LmHead), ticks_of_part(decode, EnergyPart::LmHead));
}

TEST(TableCost, AMixedBatchIsNotTheSumOfItsParts) {
  Priced priced("rtx4090", "llama-3.1-8b", "table");
  const std::vector<PrefillChunk> chunk{{512, 0, true}};
  const auto attention = [&](const Batch& batch) {
    const Work work = table_work(*priced.cost, batch);
    std::int64_t ticks = 0;
    for (int k = 0; k < work.count; ++k) {
      if (work.kernels[k].bytes_part == EnergyPart::KvRead) {
        ticks += work.kernels[k].memory_ticks.first;
      }
    }
    return static_cast<double>(ticks);
  };
  // Measured: 361 us a layer together; 41 + 181 apart.
  const double together = attention({32, 32768, 1024, chunk});
  const double apart = attention({32, 32768, 1024, {}}) + attention({0, 0, 0, chunk});
  EXPECT_NEAR(together / apart, 361.0 / 222, 0.25);
}

TEST(TableCost, TwoGpusHalveTheWeightsAndTalk) {
  Priced one("h100_sxm", "llama-3.1-70b", "table", 4);
  Priced two("h100_sxm", "llama-3.1-70b", "table", 8);
  const Batch batch{8, 8000, 1000, {}};
  const Work four_gpus = table_work(*one.cost, batch);
  const Work eight_gpus = table_work(*two.cost, batch);
  const auto mlp = static_cast<double>(ticks_of_part(four_gpus, EnergyPart::Mlp));
  EXPECT_NEAR(static_cast<double>(ticks_of_part(eight_gpus, EnergyPart::Mlp)) / mlp, 0.55, 0.1);
  EXPECT_GT(ticks_of_part(four_gpus, EnergyPart::Collective), 0);
}

TEST(TableCost, ExpertsSpreadOverRanksSplitTheirWeights) {
  const HardwareSpec hardware = shipped_hardware("h100_sxm");
  const LlmSpec model = shipped_llm("mixtral-8x7b");
  const auto bytes = [&](std::uint32_t data, std::uint32_t experts) {
    Deployment deployment;
    deployment.hardware = &hardware;
    deployment.model = &model;
    deployment.data_parallel = data;
    deployment.expert_parallel = experts;
    const auto cost = step_cost_of("table");
    EXPECT_EQ(cost->prepare(deployment), "");
    const Work work = table_work(*cost, {64, 64000, 1000, {}});
    return static_cast<double>(work.kernels[1].weight_bytes);
  };
  // 64 tokens, 2 of 8 experts each, reach all 8: a rank of two holds and reads four.
  EXPECT_NEAR(bytes(2, 2) / bytes(1, 1), 0.5, 1e-6);
}

TEST(TableCost, WhatLiesOutsideIsCounted) {
  Priced priced("rtx4090", "llama-3.1-8b", "table");
  table_work(*priced.cost, {4, 4000, 1000, {}});
  EXPECT_EQ(priced.cost->note().find("outside"), std::string::npos);
  table_work(*priced.cost, {4, 400000, 100000, {}});  // contexts of 16,384 were the longest
  EXPECT_NE(priced.cost->note().find("1 of 2 prices lie outside"), std::string::npos)
      << priced.cost->note();
}

}  // namespace
}  // namespace kvern
