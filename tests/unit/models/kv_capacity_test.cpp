// KV block counts against those that real engines logged.
#include "models/kv_capacity.h"
#include "tests/roots.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/hardware_file.h"
#include "models/llm_file.h"
#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

HardwareSpec hardware(const std::string& name) {
  Issues issues;
  const auto file = read_toml(KVERN_ROOT "/models/hardware/" + name + ".toml", issues);
  return *read_hardware(*file, name, issues);
}

LlmSpec llm(const std::string& name) {
  Issues issues;
  const auto file = read_toml(KVERN_ROOT "/models/llm/" + name + ".toml", issues);
  return *read_llm(*file, name, issues);
}

KvCapacity capacity(const HardwareSpec& h, const LlmSpec& m, std::uint32_t gpus,
                    const KvSettings& settings) {
  Deployment deployment;
  deployment.hardware = &h;
  deployment.model = &m;
  deployment.tensor_parallel = gpus;
  return kv_capacity(deployment, settings);
}

// An engine's log: what it found, and how.
struct Logged {
  const char* row;
  const char* hardware;
  const char* model;
  std::uint32_t gpus;
  std::uint32_t batched_tokens;
  std::uint32_t sequences;
  double memory_share;
  bool v1;
  std::uint32_t blocks;
  double allowed;  // relative; 1 = printed only
};

TEST(KvCapacity, RealEnginesBlockCounts) {
  const std::vector<Logged> rows = {
      {"1: vLLM 0.19", "rtx4090", "llama-3.1-8b", 1, 2048, 256, .9, true, 2588, .02},
      {"2: vLLM 0.11.1 eager", "a6000", "llama-3.1-8b", 1, 2048, 256, .9, true, 13545, 1},
      {"3: vLLM 0.11.1 eager", "a6000", "llama-3.1-8b", 2, 2048, 256, .9, true, 34669, 1},
      {"4: vLLM 0.13rc2 eager", "a6000", "llama-3.1-8b", 1, 2048, 128, .9, true, 13844, 1},
      {"5: vLLM 0.15.1", "h100_sxm", "llama-2-7b", 1, 2048, 128, .9, true, 7463, .02},
      {"6: vLLM 0.15.1", "h100_sxm", "llama-2-70b", 4, 2048, 128, .9, true, 31357, .02},
      {"7: vLLM 0.15.1", "h100_sxm", "mixtral-8x7b", 2, 2048, 128, .9, true, 27511, .02},
      {"8: vLLM 0.15.1", "h100_sxm", "codellama-34b", 2, 2048, 128, .9, true, 26603, .02},
      {"9: V0, about 0.6.5", "h100_sxm", "llama-3.1-8b", 1, 8192, 256, .9, false, 27284, 1},
      {"10: V0 0.2.4, fixed", "a100_80", "llama-2-7b", 1, 4096, 256, .9, false, 7351, 1},
      {"11: V0 0.2.4, fixed", "a100_80", "llama-2-70b", 4, 4096, 256, .9, false, 20865, 1},
      {"12: V1, April 2025", "l40s", "llama-3.1-8b", 1, 2048, 256, .9, true, 9916, 1},
      {"17: vLLM paper", "a100_40", "opt-13b", 1, 2560, 256, .9, false, 15700 / 16, 1},
  };
  for (const Logged& row : rows) {
    const auto c = capacity(hardware(row.hardware), llm(row.model), row.gpus,
                            {row.memory_share, row.sequences, row.batched_tokens, 16, row.v1});
    const double error = static_cast<double>(c.blocks) / row.blocks - 1;
    fmt::print("row {:24} {:9} {:14} x{}: {:6} blocks, logged {:6}: {:+.1f} %\n", row.row,
               row.hardware, row.model, row.gpus, c.blocks, row.blocks, 100 * error);
    EXPECT_LE(std::abs(error), row.allowed) << row.row;
  }
}

TEST(KvCapacity, ByHand) {
  HardwareSpec h;
  h.memory_bytes = 24'000'000'000;
  LlmSpec m = llm("llama-3.1-8b");
  const auto c = capacity(h, m, 1, {0.9, 256, 2048, 16, true});
  EXPECT_EQ(c.usable_bytes, 21'600'000'000);
  EXPECT_EQ(c.weight_bytes, 16'060'522'496);  // 8,030,261,248 * 2 B
  // max(38 * 256 * 128256 = 1,247,674,368, 195,000 * 2048 = 399,360,000) + 0.05 GiB = 53,687,091
  EXPECT_EQ(c.overhead_bytes, 1'301'361'459);
  EXPECT_EQ(c.block_bytes, 16 * 131072);
  // 4,238,116,045 / 2,097,152 = 2020.9, less the null block
  EXPECT_EQ(c.blocks, 2019U);
}

TEST(KvCapacity, AModelThatDoesNotFitHasNoBlocks) {
  const auto c = capacity(hardware("rtx4090"), llm("llama-3.1-70b"), 1, {});
  EXPECT_LT(c.kv_bytes, 0);
  EXPECT_EQ(c.blocks, 0U);
}

}  // namespace
}  // namespace kvern
