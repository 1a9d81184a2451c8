#include "sim/attention/head/kept_rows.h"

#include <gmock/gmock.h>

#include "sim/attention/head/head_replay.h"

namespace kvern {
namespace {

// Tokens 0 .. 5 with key = position. Dropping ranks 1 and 3 leaves 0 2 4 5 in four places: 4 and 5,
// the last two, move into the holes 1 and 3.
TEST(KeptRows, TheLastTakeThePlacesOfTheDropped) {
  KeptRows rows(1);
  for (std::uint32_t t = 0; t < 6; ++t) {
    const float key = static_cast<float>(t);
    const float value = 10 * key;
    rows.append(t, {&key, 1}, {&value, 1});
  }
  const std::vector<std::uint32_t> gone = {1, 3};
  rows.drop(gone);
  EXPECT_THAT(rows.positions(), testing::ElementsAre(0, 2, 4, 5));
  EXPECT_THAT(rows.places(), testing::ElementsAre(0, 2, 1, 3));
  for (std::size_t rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(rows.key(rank)[0], static_cast<float>(rows.positions()[rank]));
    EXPECT_EQ(rows.value(rank)[0], 10 * rows.key(rank)[0]);
  }
}

// The row .5 .004 .2 .1 .196: read 0, 1 and self (4). Recall .7; the oracle of three reads 0, 2 and
// self, so two of three; one of five entries lies below .005.
TEST(HeadReplay, ReadsARow) {
  const std::vector<double> mass = {.5, .004, .2, .1, .196};
  const std::vector<std::uint32_t> read = {0, 1, 4};
  std::vector<double> scratch;
  const RowReading reading = read_row<double>(mass, read, scratch);
  EXPECT_NEAR(reading.recall, .7, 1e-12);
  EXPECT_NEAR(reading.overlap, 2. / 3, 1e-12);
  EXPECT_NEAR(reading.sparsity, .2, 1e-12);
  // Of equals any will do.
  const std::vector<double> equal = {.25, .25, .25, .25};
  const std::vector<std::uint32_t> last = {2, 3};
  EXPECT_NEAR(read_row<double>(equal, last, scratch).overlap, 1, 1e-12);
}

// Four steps over four tokens; the first half is rows 0 and 1, tokens 0 and 1. Token 0: 1 - 1 + .8
// - .5 > 0 pivotal, then .2 - 1/3 + .2 - 1/4 < 0: not any more. Token 1: .2 - .5 < 0.
TEST(HeadReplay, PersistenceByHand) {
  Persistence persistence(0, 4);
  const std::vector<std::vector<double>> rows = {{1}, {.8, .2}, {.2, .5, .3}, {.2, .5, .2, .1}};
  for (std::uint32_t i = 0; i < 4; ++i) persistence.add<double>(i, rows[i]);
  HeadReplay head;
  persistence.count(head);
  EXPECT_EQ(head.pivotal, 1U);
  EXPECT_EQ(head.persistent, 0U);
}

TEST(HeadReplay, SeveralAddUp) {
  HeadReplay one;
  one.steps = 4;
  one.rows = 8;
  one.recall_sum = 6;
  one.recall_min = .25;
  one.resident_max = 9;
  one.work.flops = 100;
  HeadReplay other;
  other.steps = 3;
  other.rows = 6;
  other.null_rows = 2;
  other.recall_sum = 3;
  other.recall_min = .5;
  other.resident_max = 11;
  other.work.flops = 10;
  one += other;
  EXPECT_EQ(one.steps, 4U);
  EXPECT_EQ(one.rows, 14U);
  EXPECT_EQ(one.null_rows, 2U);
  EXPECT_EQ(one.recall_sum, 9);
  EXPECT_EQ(one.recall_min, .25);
  EXPECT_EQ(one.resident_max, 11U);
  EXPECT_EQ(one.work.flops, 110U);
}

}  // namespace
}  // namespace kvern
