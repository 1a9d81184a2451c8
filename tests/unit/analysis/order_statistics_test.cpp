#include "analysis/summary/order_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/random.h"

namespace kvern {
namespace {

std::vector<std::uint64_t> select(const std::vector<std::vector<std::uint64_t>>& parts,
                                  const std::vector<std::uint64_t>& ranks) {
  const std::vector<std::span<const std::uint64_t>> spans(parts.begin(), parts.end());
  return order_statistics(spans, ranks);
}

TEST(OrderStatistics, HandCase) {
  // Together, in order: 1 2 3 5 8 9.
  EXPECT_EQ(select({{9, 1, 5}, {}, {8, 2, 3}}, {0, 2, 5, 2, 3}),
            (std::vector<std::uint64_t>{1, 3, 9, 3, 5}));
  EXPECT_EQ(select({{7, 7, 7}}, {0, 1, 2}), (std::vector<std::uint64_t>{7, 7, 7}));
  EXPECT_EQ(select({{0, UINT64_MAX}}, {0, 1}), (std::vector<std::uint64_t>{0, UINT64_MAX}));
}

// Against a sort: wide, narrow, and all but one number in one bin.
TEST(OrderStatistics, AgreesWithSorting) {
  for (const int shift : {0, 20, 54, 60}) {
    std::vector<std::vector<std::uint64_t>> parts(3);
    Stream stream(7, "order_statistics");
    for (int i = 0; i < 3000; ++i) parts[i % 3].push_back(stream.bits() >> shift);
    if (shift == 54) parts[1].push_back(std::uint64_t{1} << 62);
    std::vector<std::uint64_t> sorted;
    for (const auto& part : parts) sorted.insert(sorted.end(), part.begin(), part.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint64_t> expected;
    const std::vector<std::uint64_t> ranks = {0, 1, 1499, 1500, 2699, 2969, 2997, 2999};
    for (const std::uint64_t rank : ranks) expected.push_back(sorted[rank]);
    EXPECT_EQ(select(parts, ranks), expected) << "shift " << shift;
  }
}

}  // namespace
}  // namespace kvern
