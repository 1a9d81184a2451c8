// The laws of memory tiers, on random small scenarios that have some. Law 2 of every tier is
// checked after every event of every run (self_checks); fused against stepwise is fusion_test.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

constexpr std::uint64_t kTierSeeds = 750;

bool is_fetch(const TransferRow& row) {
  return row.kind == static_cast<std::uint8_t>(TransferKind::Fetch);
}

// Calls check(lab) on each random scenario with tiers.
template <class Check>
void on_tiered(Check check) {
  for (std::uint64_t seed = 0; seed < kTierSeeds; ++seed) {
    const Lab lab = random_tier_lab(seed);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    check(lab);
    if (testing::Test::HasFailure()) FAIL() << describe(lab);
  }
}

// Whatever is written below, a cluster that never fetches serves as if there were no tiers.
TEST(Tiers, ThatNobodyReadsChangeNoRequest) {
  on_tiered([](Lab lab) {
    for (LabTier& tier : lab.tiers) tier.fetch = "never";
    const auto tiered = run(lab);
    lab.tiers.clear();
    const auto bare = run(lab);
    ASSERT_EQ(tiered->requests.size(), bare->requests.size());
    for (std::size_t i = 0; i < bare->requests.size(); ++i) {
      EXPECT_EQ(text(tiered->requests[i]), text(bare->requests[i]));
    }
    const Ledger& ledger = tiered->ledgers[0];
    EXPECT_EQ(ledger.evictions, bare->ledgers[0].evictions);
    EXPECT_EQ(ledger.block_hits, bare->ledgers[0].block_hits);
  });
}

// Rows of /transfers and the ledger are one account: whole blocks, by tier.
TEST(Tiers, BytesOfRowsAndLedgerAreTheSame) {
  on_tiered([](const Lab& lab) {
    const auto outcome = run(lab);
    const Ledger& ledger = outcome->ledgers[0];
    for (std::size_t i = 0; i < lab.tiers.size(); ++i) {
      std::uint64_t up = 0, down = 0;
      for (const TransferRow& row : outcome->transfers) {
        if (row.tier == i + 1) (is_fetch(row) ? up : down) += row.bytes;
      }
      EXPECT_EQ(ledger.tiers[i].bytes_fetched, up);
      EXPECT_EQ(ledger.tiers[i].bytes_written, down);
      EXPECT_EQ(ledger.tiers[i].hits * lab.block_bytes, up);
    }
  });
}

// Law 4: a move takes its latency and its bytes' time; one at a time is written to a tier; and a
// request that has blocks fetched runs after they have come.
TEST(Tiers, NoTransferPrecedesItsCause) {
  on_tiered([](const Lab& lab) {
    const auto outcome = run(lab);
    std::map<std::pair<int, int>, SimTime> written;  // by replica and tier
    std::map<std::uint32_t, SimTime> first_fetch;
    for (const TransferRow& row : outcome->transfers) {
      const LabTier& tier = lab.tiers.at(row.tier - std::size_t{1});
      const auto bytes_ns =
          (row.bytes * kSecond + tier.bytes_per_second - 1) / tier.bytes_per_second;
      EXPECT_EQ(row.end_ns - row.start_ns, tier.latency + static_cast<SimTime>(bytes_ns));
      if (is_fetch(row)) {
        const auto [known, fresh] = first_fetch.try_emplace(row.request, row.start_ns);
        if (!fresh) known->second = std::min(known->second, row.start_ns);
        continue;
      }
      SimTime& last = written[{row.from, row.tier}];
      EXPECT_GE(row.start_ns, last);
      last = row.end_ns;
    }
    for (const RequestRow& row : outcome->requests) {
      const auto fetch = first_fetch.find(row.id);
      if (fetch == first_fetch.end()) continue;
      EXPECT_GE(fetch->second, row.arrival_ns);
    }
  });
}

// Two requests that each run out of blocks while the other one's are on their way: if every
// preemption led to another fetch, neither would ever end.
TEST(Tiers, RequestsThatPreemptForEachOthersFetchesComeToAnEnd) {
  const auto outcome = run(random_tier_lab(7878));
  EXPECT_EQ(outcome->stopped, Stopped::Drained);
  EXPECT_GT(outcome->ledgers[0].preemptions, 0);
}

// The random scenarios reach what these tests are about.
TEST(Tiers, AreExercisedByTheRandomScenarios) {
  std::map<std::string, int> seen;
  on_tiered([&seen](const Lab& lab) {
    const auto outcome = run(lab);
    for (const TransferRow& row : outcome->transfers) {
      ++seen[fmt::format("{} {}", is_fetch(row) ? "fetch" : "write", row.tier)];
    }
    for (const TierCounts& tier : outcome->ledgers[0].tiers) {
      if (tier.evictions > 0) ++seen["evicts"];
    }
    for (const RequestRow& row : outcome->requests) {
      const bool fetched = std::any_of(
          outcome->transfers.begin(), outcome->transfers.end(),
          [&row](const TransferRow& each) { return is_fetch(each) && each.request == row.id; });
      if (fetched && row.preemptions > 0) ++seen["preempted"];
      if (fetched && row.status == RequestStatus::InFlight) ++seen["stopped"];
    }
  });
  for (const char* what : {"fetch 1", "fetch 2", "fetch 3", "write 1", "write 2", "write 3",
                           "evicts", "preempted", "stopped"}) {
    EXPECT_GE(seen[what], 20) << what;
  }
}

}  // namespace
}  // namespace kvern::lab
