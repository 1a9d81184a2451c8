#include "sim/energy/audit.h"

namespace kvern {

Audit::Account& Audit::account(Slot slot) {
  if (slot >= accounts_.size()) accounts_.resize(slot + 1);
  return accounts_[slot];
}

PartSums Audit::own_of(const KvShare& kv, std::int64_t kv_tokens) {
  PartSums own{};
  own[kAttention] = (kv.arithmetic + kv.standby) * kv_tokens;
  own[kKvRead] = kv.bytes * kv_tokens;
  return own;
}

void Audit::join(Slot slot) { account(slot).mark = meter_.read(); }

void Audit::leave(Slot slot, const KvReads& reads) {
  Account& own = account(slot);
  meter_.read();
  PartSums& decode = own.picojoules[static_cast<std::size_t>(EnergyPhase::Decode)];
  for (int part = 0; part < kEnergyParts; ++part) {
    decode[static_cast<std::size_t>(part)] += meter_.shared_since(own.mark, part);
  }
  decode[kAttention] += meter_.kv_since(own.mark, 0, reads);
  decode[kKvRead] += meter_.kv_since(own.mark, 1, reads);
}

void Audit::decode_steps(const PartSums& parts, const KvShare& kv, std::int64_t kv_tokens,
                         std::uint32_t decodes, std::uint64_t step, std::int64_t count) {
  const PartSums own = own_of(kv, kv_tokens);
  for (int part = 0; part < kEnergyParts; ++part) {
    const std::int64_t sum = parts[static_cast<std::size_t>(part)];
    if (sum == 0) continue;
    meter_.add(part, sum - own[static_cast<std::size_t>(part)], decodes);
    booked(EnergyPhase::Decode, part) += sum;
  }
  meter_.add_kv(0, kv.arithmetic + kv.standby, step, count);
  meter_.add_kv(1, kv.bytes, step, count);
}

void Audit::mixed_step(const PartSums& parts, const KvShare& kv, std::int64_t kv_tokens,
                       std::uint32_t decodes, std::uint64_t step, const Division& division,
                       const StepShares& shares) {
  const PartSums own = own_of(kv, kv_tokens);
  for (int part = 0; part < kEnergyParts; ++part) {
    const auto p = static_cast<std::size_t>(part);
    const Caused& caused = division[p];
    together_[p] = parts[p] - own[p] - caused.tokens - caused.samples - caused.pairs - caused.reads;
    const std::int64_t to_decodes = decodes > 0 ? shares.decodes(together_[p], caused) : 0;
    if (to_decodes != 0) meter_.add(part, to_decodes, decodes);
    left_[p] = parts[p] - own[p] - to_decodes;
    booked(EnergyPhase::Decode, part) += to_decodes + own[p];
  }
  if (decodes == 0) return;
  meter_.add_kv(0, kv.arithmetic + kv.standby, step, 1);
  meter_.add_kv(1, kv.bytes, step, 1);
}

void Audit::chunk(Slot slot, std::size_t i, std::size_t count, const Division& division,
                  const StepShares& shares, double recomputed_share) {
  Account& own = account(slot);
  for (int part = 0; part < kEnergyParts; ++part) {
    const auto p = static_cast<std::size_t>(part);
    const std::int64_t paid =
        i + 1 == count ? left_[p] : shares.chunk(i, together_[p], division[p]);
    left_[p] -= paid;
    const auto again = static_cast<std::int64_t>(static_cast<double>(paid) * recomputed_share);
    own.picojoules[static_cast<std::size_t>(EnergyPhase::Prefill)][p] += paid - again;
    own.picojoules[static_cast<std::size_t>(EnergyPhase::Wasted)][p] += again;
    booked(EnergyPhase::Prefill, part) += paid - again;
    booked(EnergyPhase::Wasted, part) += again;
  }
}

void Audit::fetched(Slot slot, std::int64_t picojoules) {
  constexpr int kTransfer = static_cast<int>(EnergyPart::Transfer);
  account(slot).picojoules[static_cast<std::size_t>(EnergyPhase::Prefill)][kTransfer] += picojoules;
  booked(EnergyPhase::Prefill, kTransfer) += picojoules;
}

void Audit::finish(Slot slot, const RequestRow& row) {
  Account& own = account(slot);
  auto& wasted = own.picojoules[static_cast<std::size_t>(EnergyPhase::Wasted)];
  const bool in_vain =
      row.status == RequestStatus::Failed || row.status == RequestStatus::Cancelled;
  for (const EnergyPhase phase : {EnergyPhase::Prefill, EnergyPhase::Decode}) {
    if (!in_vain) continue;
    PartSums& spent = own.picojoules[static_cast<std::size_t>(phase)];
    for (int part = 0; part < kEnergyParts; ++part) {
      const auto p = static_cast<std::size_t>(part);
      wasted[p] += spent[p];
      booked(EnergyPhase::Wasted, part) += spent[p];
      booked(phase, part) -= spent[p];
    }
    spent = {};
  }
  for (int phase = 0; phase < kEnergyPhases; ++phase) {
    AuditRow audit;
    audit.picojoules = own.picojoules[static_cast<std::size_t>(phase)];
    if (audit.picojoules == PartSums{}) continue;
    audit.id = row.id;
    audit.tenant = row.tenant;
    audit.pool = row.pool;
    audit.phase = static_cast<EnergyPhase>(phase);
    records_.audit(audit);
  }
  own = {};
}

}  // namespace kvern
