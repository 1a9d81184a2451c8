// What an audit adds up to, as its rows stream by: joules by pool, tenant, phase and part, and the
// costliest requests. Law 3 holds it against the ledgers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/ledger.h"
#include "sim/records.h"

namespace kvern {

using AuditCells = std::array<std::array<Int128, kEnergyParts>, kEnergyPhases>;  // pJ

class AuditTotals {
 public:
  explicit AuditTotals(std::size_t pools) : tenants_(pools) {}
  void add(const AuditRow& row);

  // By tenant number; those that never sent a request are all zeros.
  const std::vector<AuditCells>& tenants(std::size_t pool) const { return tenants_[pool]; }

  struct Costly {
    std::uint32_t id;
    std::uint16_t tenant;
    Int128 picojoules;  // of one phase, so that rows need not be kept together
    EnergyPhase phase;
  };
  // The rows with most joules, most first; at most five.
  const std::vector<Costly>& costliest() const { return costliest_; }

  // Requests and ledgers agree in every pool, phase and part, to 1e-9 of the pool's joules; and the
  // phases of a part add up to the part. What is broken, or "".
  std::string broken_law(std::span<const Ledger> pools) const;

 private:
  std::vector<std::vector<AuditCells>> tenants_;  // by pool
  std::vector<Costly> costliest_;
};

Int128 sum_of(const AuditCells& cells);

// For the terminal: parts by phases, tenants, the costliest requests. `rule` is the attribution.
std::string audit_table(std::span<const Ledger> pools, const AuditTotals& totals,
                        const std::string& rule);

}  // namespace kvern
