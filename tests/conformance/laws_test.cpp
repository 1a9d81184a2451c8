// The laws of the serving machine on 300 random small scenarios, fused and stepwise.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

constexpr std::uint64_t kScenarios = 300;

// Calls check(lab, outcome) on each scenario, both ways.
template <class Check>
void on_all(Check check) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    for (const bool stepwise : {false, true}) {
      Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
      lab.stepwise = stepwise;
      SCOPED_TRACE(fmt::format("seed {} stepwise {}", seed, stepwise));
      check(lab, *run(lab));
      if (testing::Test::HasFailure()) FAIL() << describe(lab);
    }
  }
}

TEST(Laws, OneArrivedIsFinishedRejectedFailedCancelledOrInFlight) {
  std::uint64_t cancelled = 0;
  on_all([&](const Lab&, const Outcome& outcome) {
    const Ledger& ledger = outcome.ledgers[0];
    cancelled += ledger.cancelled;
    EXPECT_EQ(ledger.arrived, ledger.finished + ledger.rejected + ledger.failed + ledger.cancelled +
                                  ledger.in_flight);
    EXPECT_EQ(ledger.arrived, outcome.requests.size());
    std::uint64_t output = 0, recomputed = 0, cached = 0;
    for (const RequestRow& row : outcome.requests) {
      output += row.output_tokens;
      recomputed += row.recomputed_tokens;
      cached += row.cached_tokens;
    }
    EXPECT_EQ(output, ledger.output_tokens);
    EXPECT_EQ(recomputed, ledger.recomputed_tokens);
    EXPECT_EQ(cached, ledger.cached_tokens);
  });
  EXPECT_GT(cancelled, 500U);  // or else these labs say nothing about clients that leave
}

// Law 2 is checked after every event of every lab run (self_checks); here its bound and its mean.
TEST(Laws, TwoBlocksInUseNeverExceedThePool) {
  on_all([](const Lab& lab, const Outcome& outcome) {
    const Ledger& ledger = outcome.ledgers[0];
    EXPECT_LE(ledger.used_blocks_max, lab.blocks);
    EXPECT_LE(ledger.used_block_ticks, ledger.busy_ticks * lab.blocks);
  });
}

// 3 pJ a step and 5 pJ a tick while busy, 120 pJ/us while idle, 2.5 pJ a byte in or out of GPU
// memory (the lab's power).
TEST(Laws, ThreeJoulesOfRequestsPartsAndPowerAreTheSame) {
  on_all([](const Lab&, const Outcome& outcome) {
    const Ledger& ledger = outcome.ledgers[0];
    Int128 parts = 0;
    for (const Int128 part : ledger.picojoules) parts += part;
    const Int128 idle_ticks = (Int128{ledger.replica_ns} << kTickBits) - ledger.busy_ticks;
    const Int128 idle = (idle_ticks >> kTickBits) * 120 / 1000;
    Int128 moved = 0;
    for (const TransferRow& row : outcome.transfers) {
      const bool passes_board =
          row.kind == static_cast<std::uint8_t>(TransferKind::Fetch) || row.tier == 1;
      if (passes_board) moved += Int128{row.bytes} * 2500 / 1000;
    }
    EXPECT_EQ(parts, ledger.busy_ticks * 5 + Int128{3} * ledger.steps() + idle + moved);
    Int128 requests = 0;
    for (const RequestRow& row : outcome.requests) requests += row.energy_nj;
    // Each row is cut to whole nanojoules.
    const Int128 missing = parts - ledger.picojoules_unattributed - requests * 1000;
    EXPECT_GE(missing, 0);
    EXPECT_LT(missing, Int128{1000} * outcome.requests.size() + 1);
    EXPECT_GE(ledger.picojoules_unattributed, 0);
  });
}

// Rounded down by less than a pJ a lane while sharers wait, once a sequence at most.
TEST(Laws, ThreeAnAuditsPartsAddUpToTheLedgers) {
  on_all([](const Lab& plain, const Outcome& unaudited) {
    Lab lab = plain;
    lab.audit = true;
    const auto outcome = run(lab);
    const Ledger& ledger = outcome->ledgers[0];
    std::map<std::uint32_t, Int128> requests;
    for (std::size_t part = 0; part < kEnergyParts; ++part) {
      Int128 phases = 0;
      for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
        Int128 rows = 0;
        for (const AuditRow& row : outcome->audits) {
          if (static_cast<std::size_t>(row.phase) != phase) continue;
          rows += row.picojoules[part];
          requests[row.id] += row.picojoules[part];
        }
        const Int128 booked = ledger.audited[phase][part];
        EXPECT_GE(booked - rows, 0) << part << " " << phase;
        EXPECT_LT(booked - rows, Int128{256} * lab.replicas) << part << " " << phase;
        phases += booked;
      }
      const bool idle = part == static_cast<std::size_t>(EnergyPart::Idle);
      Int128 nobodys = 0;  // demotions serve no one request
      for (const TransferRow& row : outcome->transfers) {
        const bool demotion = row.kind == static_cast<std::uint8_t>(TransferKind::Demote);
        if (demotion && row.tier == 1) nobodys += Int128{row.bytes} * 2500 / 1000;
      }
      if (part != static_cast<std::size_t>(EnergyPart::Transfer)) nobodys = 0;
      EXPECT_EQ(phases + nobodys, idle ? 0 : ledger.picojoules[part]);
    }
    // A request's parts are what it was charged: each is rounded apart, so they differ by pJ.
    for (const RequestRow& row : outcome->requests) {
      EXPECT_NEAR(static_cast<double>(requests[row.id]) / 1000, static_cast<double>(row.energy_nj),
                  2)
          << row.id;
    }
    // Asking changes nothing.
    outcome->audits.clear();
    EXPECT_EQ(text(*outcome, true), text(unaudited, true));
  });
}

TEST(Laws, AnAuditIsTheSameHoweverRunsAreCut) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    Lab lab = random_lab(seed);
    lab.audit = true;
    const std::string fused = text(*run(lab), false);
    lab.stepwise = true;
    EXPECT_EQ(fused, text(*run(lab), false)) << seed << describe(lab);
  }
}

TEST(Laws, FourNoEffectPrecedesItsCause) {
  on_all([](const Lab&, const Outcome& outcome) {
    SimTime latest = 0;
    for (const RequestRow& row : outcome.requests) {
      if (row.first_scheduled_ns >= 0) {
        EXPECT_GE(row.first_scheduled_ns, row.arrival_ns);
      }
      if (row.first_token_ns >= 0) {
        EXPECT_GE(row.first_token_ns, row.first_scheduled_ns);
      }
      if (row.status != RequestStatus::Finished) continue;
      EXPECT_GE(row.finish_ns, row.first_token_ns);
      EXPECT_GE(row.finish_ns, latest);  // rows come in order of finish
      latest = row.finish_ns;
    }
  });
}

TEST(Laws, FiveTheSameScenarioLeavesTheSameRecords) {
  on_all([](const Lab& lab, const Outcome& outcome) {
    EXPECT_EQ(text(outcome, true), text(*run(lab), true));
  });
}

// A step row begins where the one before ended, or something arrived or had come from a lower tier
// in between.
TEST(Laws, SixAReplicaWithWorkIsNeverIdle) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
    lab.step_rows = true;
    const auto outcome = run(lab);
    std::map<std::uint16_t, const StepRow*> latest;
    for (const StepRow& row : outcome->steps) {
      const StepRow* before = latest[row.replica];
      latest[row.replica] = &row;
      const SimTime ended = before == nullptr ? -1 : before->end_ns;
      if (row.start_ns == ended) continue;
      const bool arrived =
          std::any_of(lab.requests.begin(), lab.requests.end(),
                      [&](const LabRequest& request) { return request.arrival == row.start_ns; });
      const bool fetched =
          std::any_of(outcome->transfers.begin(), outcome->transfers.end(),
                      [&](const TransferRow& transfer) { return transfer.end_ns == row.start_ns; });
      EXPECT_TRUE(arrived || fetched) << "seed " << seed << "\n" << text(row) << describe(lab);
    }
  }
}

// Until the moment at which a changed output or arrival shows, every decision is the same: what
// comes later, and how long an answer will be, is not known to a policy.
TEST(Laws, SevenTheFutureChangesNoDecision) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
    if (lab.requests.size() < 4) continue;
    lab.step_rows = true;
    const std::size_t kept = lab.requests.size() / 2;
    const SimTime horizon = lab.requests[kept].arrival;
    Lab other = lab;
    for (std::size_t i = kept; i < other.requests.size(); ++i) {
      other.requests[i].arrival += 1000;
      other.requests[i].prompt += 7;
    }
    const auto steps_before = [horizon](const Outcome& outcome) {
      std::string out;
      for (const StepRow& row : outcome.steps) {
        if (row.end_ns < horizon) out += text(row);
      }
      return out;
    };
    EXPECT_EQ(steps_before(*run(lab)), steps_before(*run(other))) << seed << describe(lab);
  }
}

// settle() at arbitrary instants (the edges of time buckets) cuts jumps, and changes no record.
TEST(Laws, CuttingJumpsChangesNothing) {
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
    lab.bucket = 0;
    const std::string uncut = text(*run(lab), false);
    lab.bucket = 1000 + static_cast<SimTime>(seed % 50) * 777;
    const auto cut = run(lab);
    cut->buckets.clear();
    EXPECT_EQ(uncut, text(*cut, false)) << seed << describe(lab);
  }
}

}  // namespace
}  // namespace kvern::lab
