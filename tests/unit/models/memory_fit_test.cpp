// Weights and KV blocks against the memory of the boards.
#include "models/memory_fit.h"

#include <gmock/gmock.h>

#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

using testing::HasSubstr;

MemoryRefusal refusal_of(const std::string& gpu, const std::string& llm, std::uint32_t tensor,
                         std::uint32_t data, std::uint32_t blocks) {
  const HardwareSpec h = shipped_hardware(gpu);
  const LlmSpec m = shipped_llm(llm);
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  d.tensor_parallel = tensor;
  d.data_parallel = data;
  d.expert_parallel = data > 1 ? tensor * data : 1;
  return memory_refusal(d, {}, blocks);
}

TEST(MemoryFit, WeightsBeyondTheBoard) {
  const MemoryRefusal refusal = refusal_of("rtx4090", "llama-3.1-405b", 1, 1, 100);
  EXPECT_FALSE(refusal.blocks);
  // 405.853 B parameters of 2 B = 756.0 GiB
  EXPECT_EQ(refusal.what,
            "llama-3.1-405b does not fit on one rtx4090: its weights take 756.0 GiB a GPU, and a "
            "GPU has 23.5 GiB");
  EXPECT_THAT(refusal.hint, HasSubstr("tensor_parallel = 64 would hold it"));
}

TEST(MemoryFit, BlocksBeyondTheBoard) {
  // 2 MiB a block of Llama-3.1-8B: 2,588 beside 15 GiB of weights fit (a real engine had them),
  // 5,000 do not.
  EXPECT_EQ(refusal_of("rtx4090", "llama-3.1-8b", 1, 1, 2588).what, "");
  const MemoryRefusal refusal = refusal_of("rtx4090", "llama-3.1-8b", 1, 1, 5000);
  EXPECT_TRUE(refusal.blocks);
  EXPECT_EQ(refusal.what,
            "5000 blocks of 16 tokens do not fit on one rtx4090: they take 9.8 GiB a GPU beside "
            "15.0 GiB of weights, and a GPU has 23.5 GiB");
  EXPECT_THAT(refusal.hint, HasSubstr("an engine that takes 90 % of the memory would have"));
}

// Tensor parallelism halves weights and blocks; ranks of data parallelism halve the blocks.
TEST(MemoryFit, GpusShare) {
  EXPECT_EQ(refusal_of("rtx4090", "llama-3.1-8b", 2, 1, 15000).what, "");
  EXPECT_NE(refusal_of("rtx4090", "llama-3.1-8b", 2, 1, 17000).what, "");
  EXPECT_EQ(refusal_of("h100_sxm", "qwen3-30b-a3b", 1, 2, 60000).what, "");
  EXPECT_NE(refusal_of("h100_sxm", "qwen3-30b-a3b", 1, 2, 120000).what, "");
}

}  // namespace
}  // namespace kvern
