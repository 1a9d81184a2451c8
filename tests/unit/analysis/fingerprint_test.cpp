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

// Five nanoseconds of work that move from one bucket to the next leave every column's sum as it
// was.
TEST(Fingerprint, TellsWhatMovesFromOneRowToAnother) {
  const auto of_buckets = [](SimTime first, SimTime second) {
    Fingerprint f;
    BucketRow bucket;
    bucket.busy_ns = first;
    f.bucket(bucket);
    bucket.start_ns = 1000;
    bucket.busy_ns = second;
    f.bucket(bucket);
    return f.text();
  };
  EXPECT_EQ(of_buckets(500, 500), of_buckets(500, 500));
  EXPECT_NE(of_buckets(500, 500), of_buckets(505, 495));

  const auto of_transfers = [](std::uint64_t first, std::uint64_t second) {
    Fingerprint f;
    TransferRow transfer;
    transfer.bytes = first;
    f.transfer(transfer);
    transfer.start_ns = 10;
    transfer.bytes = second;
    f.transfer(transfer);
    return f.text();
  };
  EXPECT_NE(of_transfers(7, 9), of_transfers(9, 7));
}

TEST(Fingerprint, KindsOfRowsAreApart) {
  Fingerprint bucket, transfer;
  bucket.bucket({});
  transfer.transfer({});
  EXPECT_NE(bucket.text(), transfer.text());
  EXPECT_NE(Fingerprint().text(), bucket.text());
  EXPECT_NE(Fingerprint().text(), transfer.text());
}

// The number itself: another order of columns or another hash would make old records disagree.
TEST(Fingerprint, IsPinned) {
  Fingerprint f;
  f.request(row(1));
  EXPECT_EQ(f.text(), "ae57c3b62e8745dc");
}

}  // namespace
}  // namespace kvern
