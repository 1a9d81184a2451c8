#include "analysis/summary/audit_totals.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvern {
namespace {

constexpr std::size_t kCostliest = 5;
constexpr double kResidual = 1e-9;  // of a pool's joules

double as_double(Int128 value) { return static_cast<double>(value); }

}  // namespace

Int128 sum_of(const AuditCells& cells) {
  Int128 sum = 0;
  for (const auto& phase : cells) {
    for (const Int128 part : phase) sum += part;
  }
  return sum;
}

void AuditTotals::add(const AuditRow& row) {
  std::vector<AuditCells>& tenants = tenants_[row.pool];
  if (row.tenant >= tenants.size()) tenants.resize(row.tenant + std::size_t{1});
  auto& cells = tenants[row.tenant][static_cast<std::size_t>(row.phase)];
  Int128 sum = 0;
  for (std::size_t part = 0; part < kEnergyParts; ++part) {
    cells[part] += row.picojoules[part];
    sum += row.picojoules[part];
  }
  if (costliest_.size() == kCostliest && sum <= costliest_.back().picojoules) return;
  const auto less = [](Int128 value, const Costly& other) { return value > other.picojoules; };
  costliest_.insert(std::upper_bound(costliest_.begin(), costliest_.end(), sum, less),
                    {row.id, row.tenant, sum, row.phase});
  if (costliest_.size() > kCostliest) costliest_.pop_back();
}

std::string AuditTotals::broken_law(std::span<const Ledger> pools) const {
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    const Ledger& ledger = pools[pool];
    if (!ledger.audited_on) continue;
    double whole = 0;
    for (const Int128 part : ledger.picojoules) whole += as_double(part);
    AuditCells requests{};
    for (const AuditCells& tenant : tenants_[pool]) {
      for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
        for (std::size_t part = 0; part < kEnergyParts; ++part) {
          requests[phase][part] += tenant[phase][part];
        }
      }
    }
    for (std::size_t part = 0; part < kEnergyParts; ++part) {
      Int128 phases = 0;
      for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
        const double missing = as_double(ledger.audited[phase][part] - requests[phase][part]);
        phases += ledger.audited[phase][part];
        if (missing <= kResidual * whole && missing >= -kResidual * whole) continue;
        return fmt::format("pool {}: the {} of {} is {} pJ, its requests' are {} pJ less", pool,
                           name(static_cast<EnergyPart>(part)),
                           name(static_cast<EnergyPhase>(phase)),
                           as_double(ledger.audited[phase][part]), missing);
      }
      if (phases <= ledger.picojoules[part]) continue;
      return fmt::format("pool {}: the phases of {} are {} pJ more than it", pool,
                         name(static_cast<EnergyPart>(part)),
                         as_double(phases - ledger.picojoules[part]));
    }
  }
  return {};
}

}  // namespace kvern
