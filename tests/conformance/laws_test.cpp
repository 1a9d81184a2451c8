// The laws of the serving machine on 300 random small scenarios, fused and stepwise.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/base/random.h"
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

struct Span {
  SimTime from, to;
};

// True where the fetches of this replica leave no instant of [from, to) uncovered.
bool all_fetching(const Outcome& outcome, std::uint16_t replica, Span gap) {
  std::vector<Span> fetches;
  for (const TransferRow& row : outcome.transfers) {
    const bool fetch = row.kind == static_cast<std::uint8_t>(TransferKind::Fetch);
    if (fetch && row.to == replica) fetches.push_back({row.start_ns, row.end_ns});
  }
  std::sort(fetches.begin(), fetches.end(),
            [](const Span& a, const Span& b) { return a.from < b.from; });
  for (const Span& fetch : fetches) {
    if (fetch.from <= gap.from) gap.from = std::max(gap.from, fetch.to);
  }
  return gap.from >= gap.to;
}

// Where a replica that had requests ran no step, with none of their blocks on the way; "" =
// nowhere. Who was rejected or failed left at an instant that rows do not tell.
std::string idle_with_work(const Outcome& outcome) {
  std::map<std::uint16_t, SimTime> ended;
  std::string out;
  for (const StepRow& step : outcome.steps) {
    const Span gap{std::exchange(ended[step.replica], step.end_ns), step.start_ns};
    if (gap.from == gap.to) continue;
    for (const RequestRow& row : outcome.requests) {
      const bool told = row.status == RequestStatus::Finished ||
                        row.status == RequestStatus::Cancelled ||
                        row.status == RequestStatus::InFlight;
      if (!told || row.replica != step.replica) continue;
      const SimTime gone = row.finish_ns < 0 ? kNever : row.finish_ns;
      const Span there{std::max(gap.from, row.arrival_ns), std::min(gap.to, gone)};
      if (there.from >= there.to || all_fetching(outcome, step.replica, there)) continue;
      out += fmt::format("{}..{} with {}", gap.from, gap.to, text(row));
    }
  }
  return out;
}

TEST(Laws, SixAReplicaWithWorkIsNeverIdle) {
  std::uint64_t doctored = 0, found = 0;
  for (std::uint64_t seed = 0; seed < kScenarios; ++seed) {
    Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
    lab.step_rows = true;
    auto outcome = run(lab);
    EXPECT_EQ(idle_with_work(*outcome), "") << "seed " << seed << "\n" << describe(lab);
    // A step that is not there is missed.
    if (outcome->steps.size() < 3) continue;
    outcome->steps.erase(outcome->steps.begin() +
                         static_cast<std::ptrdiff_t>(1 + seed % (outcome->steps.size() - 2)));
    ++doctored;
    found += !idle_with_work(*outcome).empty();
  }
  EXPECT_GT(doctored, kScenarios / 2);
  EXPECT_GT(found, doctored * 8 / 10);  // not where it was the replica's last, or over fetches
}

// Arrivals from the middle on come later and with longer prompts; one answer, early or late, grows
// within what it declared. `changed` has its id; the instant up to which none of that can show.
struct OtherFuture {
  Lab lab;
  std::uint32_t changed = 0;
  SimTime horizon = 0;
};

OtherFuture other_future(const Lab& lab, std::uint64_t seed) {
  OtherFuture other{lab, static_cast<std::uint32_t>(seed % lab.requests.size()), 0};
  const std::size_t kept = std::max<std::size_t>(lab.requests.size() / 2, 1);
  other.horizon = kept < lab.requests.size() ? lab.requests[kept].arrival : kNever;
  for (std::size_t i = kept; i < lab.requests.size(); ++i) {
    other.lab.requests[i].arrival += 1000;
    other.lab.requests[i].prompt += 7;
  }
  LabRequest& longer = other.lab.requests[other.changed];
  longer.output = longer.max_tokens;
  return other;
}

// What was decided before `horizon`: every step, and what became of those that came.
std::string decided(const Outcome& outcome, SimTime horizon) {
  std::string out;
  for (const StepRow& row : outcome.steps) {
    if (row.end_ns < horizon) out += text(row);
  }
  std::map<std::uint32_t, std::string> fates;
  for (const RequestRow& row : outcome.requests) {
    if (row.arrival_ns >= horizon) continue;
    const bool rejected = row.status == RequestStatus::Rejected;
    const bool begun = row.first_scheduled_ns >= 0 && row.first_scheduled_ns < horizon;
    fates[row.id] = fmt::format("{} {} {} {}\n", row.id, row.replica, rejected,
                                begun ? row.first_scheduled_ns : -1);
  }
  for (const auto& [id, fate] : fates) out += fate;
  return out;
}

// Until the moment at which a changed output or arrival shows, every decision is the same: what
// comes later, and how long an answer will be, is not known to a policy. Requests declare
// max_tokens apart from their outputs; where they declare nothing, a run whose decisions hung on
// the outputs says so.
TEST(Laws, SevenTheFutureChangesNoDecision) {
  std::uint64_t steps = 0, told = 0, outputs = 0;
  for (std::uint64_t seed = 0; seed < 2 * kScenarios; ++seed) {
    Lab lab = seed % 3 == 2 ? random_tier_lab(seed) : random_lab(seed);
    const bool declares = seed % 4 > 0;
    for (LabRequest& request : lab.requests) {
      request.max_tokens =
          request.output + static_cast<std::uint32_t>(mix(seed ^ request.output) % 90);
    }
    lab.step_rows = true;
    lab.stop = kNever;
    OtherFuture other = other_future(lab, seed);
    if (!declares) {
      for (LabRequest& request : lab.requests) request.max_tokens = 0;
      for (LabRequest& request : other.lab.requests) request.max_tokens = 0;
    }
    const auto one = run(lab), two = run(other.lab);
    // The longer answer shows when the shorter one ends.
    for (const Outcome* each : {one.get(), two.get()}) {
      for (const RequestRow& row : each->requests) {
        const bool ended = row.id == other.changed && row.finish_ns >= 0;
        if (ended) other.horizon = std::min(other.horizon, row.finish_ns);
      }
    }
    outputs += lab.requests[other.changed].output != other.lab.requests[other.changed].output;
    for (const StepRow& row : one->steps) steps += row.end_ns < other.horizon;
    const bool equal = decided(*one, other.horizon) == decided(*two, other.horizon);
    told += one->saw_outputs || two->saw_outputs;
    if (declares) {
      EXPECT_FALSE(one->saw_outputs || two->saw_outputs) << seed;
    }
    EXPECT_TRUE(equal || one->saw_outputs || two->saw_outputs) << seed << describe(lab);
  }
  EXPECT_GT(steps, 10'000U);  // or else this compares nothing
  EXPECT_GT(outputs, kScenarios);
  EXPECT_GT(told, 10U);
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
