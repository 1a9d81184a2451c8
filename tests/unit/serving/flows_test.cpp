#include "sim/timeline/flows.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvern {
namespace {

struct Rows final : Records {
  std::vector<TransferRow> rows;
  void transfer(const TransferRow& row) override { rows.push_back(row); }
};

// 1 B/ns and 10 ns. The later and shorter one ends first; each leaves its row when it ends, and
// what a stop cuts short none.
TEST(Flows, LeaveARowEachWhenTheyEnd) {
  const auto timeline = make_plain_timeline();
  const RouteId route = timeline->add_route(std::vector{timeline->add_link({1e9}, {10})});
  Rows records;
  Flows flows(*timeline, records);
  EXPECT_EQ(flows.next_end(), kNever);
  Transfer fetch;
  fetch.replica = 3;
  fetch.tier = 1;
  fetch.request = 42;
  fetch.bytes = 500;
  fetch.picojoules = 7'999;
  flows.start(route, fetch, 100);
  Transfer demote;
  demote.kind = TransferKind::Demote;
  demote.tier = 2;
  demote.bytes = 100;
  demote.picojoules = -1;
  flows.start(route, demote, 200);
  demote.bytes = 10'000;
  flows.start(route, demote, 300);

  EXPECT_EQ(flows.next_end(), 310);
  std::vector<Transfer> over;
  flows.ended(309, over);
  EXPECT_TRUE(over.empty());
  flows.ended(610, over);
  ASSERT_EQ(over.size(), 2U);
  EXPECT_EQ(over[0].tier, 2);
  EXPECT_EQ(over[1].request, 42U);
  EXPECT_EQ(over[1].start, 100);

  ASSERT_EQ(records.rows.size(), 2U);
  const TransferRow& first = records.rows[0];
  EXPECT_EQ(first.kind, static_cast<std::uint8_t>(TransferKind::Demote));
  EXPECT_EQ(first.request, TransferRow::kNoRequest);
  EXPECT_EQ(first.energy_nj, -1);
  const TransferRow& second = records.rows[1];
  EXPECT_EQ(second.start_ns, 100);
  EXPECT_EQ(second.end_ns, 610);
  EXPECT_EQ(second.from, 3);
  EXPECT_EQ(second.bytes, 500U);
  EXPECT_EQ(second.energy_nj, 7);
  EXPECT_EQ(flows.next_end(), 10'310);
}

}  // namespace
}  // namespace kvern
