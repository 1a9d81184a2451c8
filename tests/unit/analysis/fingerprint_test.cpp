#include "analysis/run/fingerprint.h"

#include <gtest/gtest.h>

#include <set>

namespace kvern {
namespace {

RequestRow row(std::uint32_t id) {
  RequestRow r;
  r.id = id;
  r.status = RequestStatus::Finished;
  r.arrival_ns = 1000 * id;
  r.first_scheduled_ns = r.arrival_ns + 1;
  r.first_token_ns = r.arrival_ns + 2;
  r.finish_ns = r.arrival_ns + 3;
  r.prompt_tokens = 5;
  r.output_tokens = 2;
  return r;
}

std::uint64_t of(const RequestRow& r) {
  Fingerprint f;
  f.request(r);
  return f.value();
}

TEST(Fingerprint, OrderOfRowsDoesNotMatter) {
  Fingerprint up;
  Fingerprint down;
  for (std::uint32_t id = 0; id < 100; ++id) up.request(row(id));
  for (std::uint32_t id = 100; id-- > 0;) down.request(row(id));
  EXPECT_EQ(up.text(), down.text());
  EXPECT_EQ(up.text().size(), 16U);
  EXPECT_EQ(up.text().find_first_not_of("0123456789abcdef"), std::string::npos);
}

// Every column, raised by one, gives another number; all 17 differ from each other and the base.
TEST(Fingerprint, EveryColumnCounts) {
  std::set<std::uint64_t> seen = {of(row(1))};
  const auto with = [&](auto change) {
    RequestRow r = row(1);
    change(r);
    seen.insert(of(r));
  };
  with([](RequestRow& r) { ++r.id; });
  with([](RequestRow& r) { r.status = RequestStatus::Failed; });
  with([](RequestRow& r) { ++r.pool; });
  with([](RequestRow& r) { ++r.replica; });
  with([](RequestRow& r) { ++r.tenant; });
  with([](RequestRow& r) { ++r.arrival_ns; });
  with([](RequestRow& r) { ++r.first_scheduled_ns; });
  with([](RequestRow& r) { ++r.first_token_ns; });
  with([](RequestRow& r) { ++r.finish_ns; });
  with([](RequestRow& r) { ++r.prompt_tokens; });
  with([](RequestRow& r) { ++r.output_tokens; });
  with([](RequestRow& r) { ++r.cached_tokens; });
  with([](RequestRow& r) { ++r.resumed_tokens; });
  with([](RequestRow& r) { ++r.recomputed_tokens; });
  with([](RequestRow& r) { ++r.preemptions; });
  with([](RequestRow& r) { ++r.energy_nj; });
  EXPECT_EQ(seen.size(), 17U);
}

TEST(Fingerprint, SumsOfBucketsAndTransfersCount) {
  Fingerprint one;
  BucketRow bucket;
  bucket.steps = 7;
  one.bucket(bucket);
  Fingerprint halves;
  bucket.steps = 3;
  halves.bucket(bucket);
  bucket.steps = 4;
  halves.bucket(bucket);
  EXPECT_EQ(one.text(), halves.text());  // 7 = 3 + 4, all other columns 0

  Fingerprint moved;
  TransferRow transfer;
  transfer.bytes = 7;
  moved.transfer(transfer);
  EXPECT_NE(one.text(), moved.text());
  EXPECT_NE(Fingerprint().text(), moved.text());
}

// The number itself: another order of columns or another hash would make old records disagree.
TEST(Fingerprint, IsPinned) {
  Fingerprint f;
  f.request(row(1));
  EXPECT_EQ(f.text(), "2b56aa920a2a1d6e");
}

}  // namespace
}  // namespace kvern
