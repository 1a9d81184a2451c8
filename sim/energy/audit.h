// The joules of each request, part by part and phase by phase: what `--audit` adds to a run. It
// divides every part as the replica divides their sum, so that the parts of all requests add up to
// those of the ledger; only what waits for sharers at the end of a run (below a pJ a sequence and
// part) belongs to nobody.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/base/ids.h"
#include "sim/energy/attribution.h"
#include "sim/energy/share_meter.h"
#include "sim/ledger.h"
#include "sim/ports/power.h"
#include "sim/records.h"

namespace kvern {

// pJ of each part over some steps.
using PartSums = std::array<std::int64_t, kEnergyParts>;

class Audit {
 public:
  Audit(Ledger& ledger, Records& records) : ledger_(ledger), records_(records) {}

  // A sequence begins to decode; pays for what it read since.
  void join(Slot slot);
  void leave(Slot slot, const KvReads& reads);

  // `count` decode steps from `step` on: `kv_tokens` read in all, `kv` a token of each.
  void decode_steps(const PartSums& parts, const KvShare& kv, std::int64_t kv_tokens,
                    std::uint32_t decodes, std::uint64_t step, std::int64_t count);
  // One step with chunks; then chunk() for each of them, in order.
  void mixed_step(const PartSums& parts, const KvShare& kv, std::int64_t kv_tokens,
                  std::uint32_t decodes, std::uint64_t step, const Division& division,
                  const StepShares& shares);
  void chunk(Slot slot, std::size_t i, std::size_t count, const Division& division,
             const StepShares& shares, double recomputed_share);

  // Blocks have come from a lower tier for it, instead of prefill.
  void fetched(Slot slot, std::int64_t picojoules);

  // The request leaves (`row` says how): its rows are written.
  void finish(Slot slot, const RequestRow& row);

 private:
  static constexpr int kAttention = static_cast<int>(EnergyPart::Attention);
  static constexpr int kKvRead = static_cast<int>(EnergyPart::KvRead);
  using Meter = ShareMeter<kEnergyParts, 2>;  // KV tokens pay into the two parts above
  struct Account {
    Meter::Mark mark;
    std::array<PartSums, kEnergyPhases> picojoules{};
  };
  Account& account(Slot slot);
  static PartSums own_of(const KvShare& kv, std::int64_t kv_tokens);
  Int128& booked(EnergyPhase phase, int part) {
    return ledger_.audited[static_cast<std::size_t>(phase)][static_cast<std::size_t>(part)];
  }

  Ledger& ledger_;
  Records& records_;
  Meter meter_;
  std::vector<Account> accounts_;  // by slot
  PartSums together_{};            // of the present step with chunks
  PartSums left_{};                // of it, for the chunks to come
};

}  // namespace kvern
