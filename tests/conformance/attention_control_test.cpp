// Laws of every attention controller there is: a new one is met here by its name, with its defaults
// or with one head named.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "policies/attention.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

std::unique_ptr<AttentionControl> controller_of(const std::string& name) {
  for (const std::string& text : {name, name + "(heads=[0:1])"}) {
    Issues issues;
    auto made = make_policy(attention::table(), "attention", parse_policy(text, {}, issues),
                            "control", issues);
    if (!issues.any_error()) return made;
  }
  return nullptr;
}

TEST(AttentionControls, NarrowingTakesAwayAndIsTheSameEachTime) {
  for (const auto& entry : attention::table()) {
    const auto made = controller_of(entry.name);
    ASSERT_NE(made, nullptr) << entry.name;
    for (std::uint32_t position = 0; position < 600; position += 37) {
      std::vector<std::uint32_t> kept;
      for (std::uint32_t j = position % 3; j <= position; j += 2) kept.push_back(j);
      if (kept.empty() || kept.back() != position) kept.push_back(position);
      std::vector<std::uint32_t> all(kept.size());
      std::iota(all.begin(), all.end(), 0U);
      for (std::uint32_t query_head = 0; query_head < 4; ++query_head) {
        const ControlledHead head{0, query_head, position};
        std::vector<std::uint32_t> slots = all;
        std::vector<std::uint32_t> again = all;
        const bool acts = made->acts(head);
        EXPECT_EQ(made->acts(head), acts) << entry.name;
        if (!acts) continue;
        made->narrow(head, kept, slots);
        made->narrow(head, kept, again);
        EXPECT_EQ(slots, again) << entry.name;
        EXPECT_TRUE(std::includes(all.begin(), all.end(), slots.begin(), slots.end()))
            << entry.name;
      }
    }
  }
}

// Nothing but reading changes: the cache and its sizes are the policy's, and a KV head none of
// whose query heads is controlled is as it was, bit for bit.
TEST(AttentionControls, OnlyReadingChanges) {
  const auto text = lab::random_text({.tokens = 300, .kv_heads = 2, .group = 2});
  const auto dense = lab::replay(text, "window(size=280)")[0];
  for (const auto& entry : attention::table()) {
    const auto made = controller_of(entry.name);
    ASSERT_NE(made, nullptr) << entry.name;
    ReplayOptions options;
    options.control = made.get();
    const auto controlled = lab::replay(text, "window(size=280)", options)[0];
    EXPECT_EQ(controlled.resident, dense.resident) << entry.name;
    for (std::uint32_t kv_head = 0; kv_head < 2; ++kv_head) {
      const HeadReplay& with = controlled.heads[0][kv_head];
      const HeadReplay& without = dense.heads[0][kv_head];
      EXPECT_EQ(with.kept, without.kept) << entry.name;
      EXPECT_LE(with.work.flops, without.work.flops) << entry.name;
      EXPECT_LE(with.work.bytes_read, without.work.bytes_read) << entry.name;
      bool untouched = true;
      for (std::uint32_t position = 0; position < 300; ++position) {
        for (std::uint32_t g = 0; g < 2; ++g) {
          untouched = untouched && !made->acts({0, kv_head * 2 + g, position});
        }
      }
      if (untouched) {
        EXPECT_EQ(with.recall_sum, without.recall_sum) << entry.name;
        EXPECT_EQ(with.error_sum, without.error_sum) << entry.name;
      }
    }
  }
}

}  // namespace
}  // namespace kvern
