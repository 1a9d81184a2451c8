#include <fmt/format.h>

#include <algorithm>

#include "analysis/summary/audit_totals.h"

namespace kvern {
namespace {

constexpr int kColumns = kEnergyPhases + 2;  // and nobody's, and the sum
using Cells = std::array<double, kColumns>;  // J

std::string joules_text(double joules) {
  if (joules == 0) return "-";
  if (joules >= 1e4 || joules <= -1e4) return fmt::format("{:.0f}", joules);
  return fmt::format("{:.4g}", joules);
}

void print(std::string& out, const std::string& label, const Cells& cells, double whole) {
  out += fmt::format("  {:<14}", label);
  for (const double cell : cells) out += fmt::format("{:>11}", joules_text(cell));
  out += fmt::format("{:>8.2f} %\n", whole > 0 ? 100 * cells.back() / whole : 0);
}

Cells cells_of(const AuditCells& audited) {
  Cells cells{};
  for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
    for (const Int128 part : audited[phase]) cells[phase] += static_cast<double>(part) * 1e-12;
    cells.back() += cells[phase];
  }
  return cells;
}

// Of all pools; a part's joules that no request caused are nobody's.
std::vector<Cells> parts_of(std::span<const Ledger> pools) {
  std::vector<Cells> rows(kEnergyParts);
  for (const Ledger& ledger : pools) {
    if (!ledger.audited_on) continue;
    for (std::size_t part = 0; part < kEnergyParts; ++part) {
      Cells& cells = rows[part];
      Int128 nobodys = ledger.picojoules[part];
      for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
        cells[phase] += static_cast<double>(ledger.audited[phase][part]) * 1e-12;
        nobodys -= ledger.audited[phase][part];
      }
      cells[kEnergyPhases] += static_cast<double>(nobodys) * 1e-12;
      cells.back() += static_cast<double>(ledger.picojoules[part]) * 1e-12;
    }
  }
  return rows;
}

struct Tenant {
  std::size_t number;
  AuditCells cells;
};

std::vector<Tenant> tenants_of(std::size_t pools, const AuditTotals& totals) {
  std::vector<Tenant> tenants;
  for (std::size_t pool = 0; pool < pools; ++pool) {
    const auto& here = totals.tenants(pool);
    while (tenants.size() < here.size()) tenants.push_back({tenants.size(), {}});
    for (std::size_t i = 0; i < here.size(); ++i) {
      for (std::size_t phase = 0; phase < kEnergyPhases; ++phase) {
        for (std::size_t part = 0; part < kEnergyParts; ++part) {
          tenants[i].cells[phase][part] += here[i][phase][part];
        }
      }
    }
  }
  std::stable_sort(tenants.begin(), tenants.end(), [](const Tenant& a, const Tenant& b) {
    return sum_of(a.cells) > sum_of(b.cells);
  });
  return tenants;
}

}  // namespace

std::string audit_table(std::span<const Ledger> pools, const AuditTotals& totals,
                        const std::string& rule) {
  constexpr std::size_t kShown = 8;
  const std::vector<Cells> parts = parts_of(pools);
  Cells whole{};
  for (const Cells& part : parts) {
    for (int i = 0; i < kColumns; ++i) whole[i] += part[i];
  }
  std::string out = fmt::format(
      "joules of the GPU boards: each request pays for its own FLOPs and bytes, the rest is shared "
      "by {}\n"
      "  {:<14}{:>11}{:>11}{:>11}{:>11}{:>11}\n",
      rule, "part", "prefill", "decode", "wasted", "nobody's", "sum");
  for (std::size_t part = 0; part < kEnergyParts; ++part) {
    if (parts[part].back() == 0) continue;
    print(out, name(static_cast<EnergyPart>(part)), parts[part], whole.back());
  }
  print(out, "sum", whole, whole.back());
  const std::vector<Tenant> tenants = tenants_of(pools.size(), totals);
  if (tenants.size() > 1) {
    out += fmt::format("  {:<14}\n", "tenant");
    for (std::size_t i = 0; i < std::min(kShown, tenants.size()); ++i) {
      print(out, std::to_string(tenants[i].number), cells_of(tenants[i].cells), whole.back());
    }
    if (tenants.size() > kShown) {
      out += fmt::format("  and {} more in /energy_tenants\n", tenants.size() - kShown);
    }
  }
  out += "  costliest requests:";
  for (const AuditTotals::Costly& one : totals.costliest()) {
    out += fmt::format(" {} ({} J, {})", one.id,
                       joules_text(static_cast<double>(one.picojoules) * 1e-12), name(one.phase));
  }
  return out + "\n";
}

}  // namespace kvern
