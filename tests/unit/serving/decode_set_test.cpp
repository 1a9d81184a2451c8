// Sequences that decode as counters, beside the same sequences token by token.
#include "sim/batch/decode_set.h"

#include <gtest/gtest.h>

#include "sim/base/random.h"

namespace kvern {
namespace {

struct Set {
  explicit Set(std::uint32_t block_size) : decoding(requests, block_size, true, nullptr) {}
  Slot join(std::uint32_t prompt, std::uint32_t output) {
    const Slot slot = requests.take();
    Request& request = requests[slot];
    request = Request{};
    request.serial = ++serial;
    request.prompt = request.computed = prompt;
    request.output = output;
    request.generated = 1;  // with the last step of its prefill
    decoding.join(slot);
    return slot;
  }
  RequestSlab requests;
  DecodeSet decoding;
  std::uint64_t serial = 0;
};

// Blocks of 4: contexts of 3 and 8 tokens. The next token of the second starts its third block,
// now; the first starts its second block a step later.
TEST(DecodeSet, CountsTokensAndNewBlocks) {
  Set set(4);
  const Slot a = set.join(3, 50), b = set.join(8, 50);
  EXPECT_EQ(set.decoding.kv_tokens(), 3U + 8 + 2);  // each reads the one being decoded too
  EXPECT_EQ(set.decoding.longest().tokens, 9U);
  EXPECT_FALSE(set.decoding.crosses(a));
  EXPECT_TRUE(set.decoding.crosses(b));
  EXPECT_EQ(set.decoding.crossings_at(0), 1U);
  EXPECT_EQ(set.decoding.crossings_at(1), 1U);
  EXPECT_EQ(set.decoding.crossings(4), 2U);
  EXPECT_EQ(set.decoding.steps_that_fit(1, 100), 1U);
  EXPECT_EQ(set.decoding.steps_that_fit(2, 100), 4U);
  EXPECT_EQ(set.decoding.first_crossing(0), b);
  set.decoding.advance(1);
  EXPECT_EQ(set.decoding.first_crossing(0), a);
  EXPECT_EQ(set.decoding.computed(set.requests[a]), 4U);
  EXPECT_EQ(set.decoding.generated(set.requests[b]), 2U);
  EXPECT_EQ(set.decoding.steps_to_completion(), 48U);  // 50 tokens, of which two have come
  set.decoding.leave(a);
  EXPECT_EQ(set.requests[a].computed, 4U);
  EXPECT_EQ(set.requests[a].held, 1U);
  EXPECT_EQ(set.decoding.kv_tokens(), 10U);
}

struct Plain {
  Slot slot;
  std::uint32_t context;
};

TEST(DecodeSet, EqualsSequencesTokenByToken) {
  for (const std::uint32_t block_size : {1U, 4U, 16U}) {
    Set set(block_size);
    std::vector<Plain> plain;
    Stream stream(block_size, "decode set");
    for (int i = 0; i < 3000; ++i) {
      if (plain.size() < 20 && stream.uniform() < 0.3) {
        const auto prompt = 1 + static_cast<std::uint32_t>(stream.uniform() * 60);
        plain.push_back({set.join(prompt, 100'000), prompt});
      } else if (!plain.empty() && stream.uniform() < 0.2) {
        const auto at = static_cast<std::size_t>(stream.uniform() * plain.size());
        set.decoding.leave(plain[at].slot);
        ASSERT_EQ(set.requests[plain[at].slot].computed, plain[at].context);
        set.requests.give_back(plain[at].slot);
        plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        const auto steps = 1 + static_cast<std::uint64_t>(stream.uniform() * 9);
        std::uint64_t crossings = 0;
        for (const Plain& each : plain) {
          for (std::uint64_t k = 0; k < steps; ++k)
            crossings += (each.context + k) % block_size == 0;
        }
        ASSERT_EQ(set.decoding.crossings(steps), crossings);
        if (!plain.empty()) {
          ASSERT_GE(set.decoding.steps_that_fit(crossings, steps), steps);
        }
        set.decoding.advance(steps);
        for (Plain& each : plain) each.context += static_cast<std::uint32_t>(steps);
      }
      std::uint64_t reads = 0;
      for (const Plain& each : plain) reads += each.context + 1;
      ASSERT_EQ(set.decoding.kv_tokens(), reads);
      ASSERT_EQ(set.decoding.count(), plain.size());
      ASSERT_EQ(set.decoding.broken_law(), "");
    }
  }
}

}  // namespace
}  // namespace kvern
