#include <gtest/gtest.h>

#include "tests/lab/recordings.h"

namespace kvern {

std::int64_t kept(const std::string& policy, std::uint32_t prompt, std::uint32_t layer,
                  std::uint32_t layers) {
  return lab::token_policy(policy)()->resident({prompt, prompt, layer, layers, 1}, prompt)->value;
}

// base 96 - 32 = 64: least 64 div 20 = 3, most 128 - 3 = 125, step 122 div 3 = 40: window 32 and
// 125, 85, 45, 5.
TEST(PyramidKv, FallsInEqualSteps) {
  const char* policy = "pyramidkv(capacity=96)";
  EXPECT_EQ(kept(policy, 1000, 0, 4), 157);
  EXPECT_EQ(kept(policy, 1000, 1, 4), 117);
  EXPECT_EQ(kept(policy, 1000, 3, 4), 37);
  // At most the tokens before the window: n 140, most 108, least 20, step 29.
  EXPECT_EQ(kept(policy, 140, 0, 4), 140);
  EXPECT_EQ(kept(policy, 140, 3, 4), 53);
  // Uniform below 2 base tokens, nothing goes below the capacity.
  EXPECT_EQ(kept(policy, 127, 3, 4), 96);
  EXPECT_EQ(kept(policy, 90, 3, 4), 90);
  EXPECT_EQ(kept(policy, 1000, 0, 1), 96);
}

TEST(PyramidKv, LayersSumToTheirCapacity) {
  for (std::uint32_t layers = 2; layers < 40; ++layers) {
    for (const std::uint32_t capacity : {48U, 64U, 100U, 333U}) {
      const std::string policy = "pyramidkv(capacity=" + std::to_string(capacity) + ")";
      std::int64_t sum = 0;
      for (std::uint32_t l = 0; l < layers; ++l) sum += kept(policy, 2000, l, layers);
      const std::int64_t above = sum - std::int64_t{layers} * capacity;
      EXPECT_GE(above, 0) << layers << " " << capacity;
      EXPECT_LE(above, std::int64_t{layers} * (layers - 1) / 2) << layers << " " << capacity;
    }
  }
}

}  // namespace kvern
