#include "analysis/run/record_columns.h"

#include <fmt/format.h>

namespace kvern {

namespace {

template <class Row>
void describe(std::string& out, const char* group, const char* what) {
  out += fmt::format("\n{}  {}\n", group, what);
  for (const ColumnSpec& column : table_spec<Row>(group).columns) {
    out += fmt::format("  {:<19} {:<4} {:<10} {}\n", column.name, column_type_name(column.type),
                       column.unit, column.description);
  }
}

}  // namespace

RequestEnergyRow request_energy_row(const AuditRow& row) {
  const auto of = [&row](EnergyPart part) {
    return row.picojoules[static_cast<std::size_t>(part)];
  };
  RequestEnergyRow out;
  out.id = row.id, out.tenant = row.tenant, out.pool = row.pool;
  out.phase = audit_phase(row.phase);
  out.attention = of(EnergyPart::Attention), out.mlp = of(EnergyPart::Mlp);
  out.lm_head = of(EnergyPart::LmHead), out.kv_read = of(EnergyPart::KvRead);
  out.kv_write = of(EnergyPart::KvWrite), out.elementwise = of(EnergyPart::Elementwise);
  out.sampling = of(EnergyPart::Sampling), out.collective = of(EnergyPart::Collective);
  out.host_gap = of(EnergyPart::HostGap), out.transfer = of(EnergyPart::Transfer);
  out.swap = of(EnergyPart::Swap);
  return out;
}

std::string describe_records() {
  std::string out =
      "records.h5 (HDF5; any of its tools reads it)\n"
      "Root attributes: format = \"kvern.records\", version = 1, fingerprint, complete (false: "
      "the\n"
      "run was cut short). The attribute rows_complete of a group counts its rows: trust it, not\n"
      "the length of a column. Groups switched off in [records] are absent. Names of components,\n"
      "phases and pools are text columns in /dictionary.\n";
  describe<RequestRow>(out, "/requests", "a row a request, in order of finish, then id");
  describe<BucketRow>(out, "/buckets", "a row a pool and bucket of simulated time");
  describe<StepRow>(out, "/steps", "a row an engine step");
  describe<EvictionRow>(out, "/evictions", "a row a cached block evicted");
  describe<TransferRow>(out, "/transfers", "a row a move of KV blocks");
  describe<EnergyRow>(out, "/energy", "where the joules went");
  describe<MeterRow>(out, "/meter", "with [energy] meter: a row a pool and reading");
  describe<RequestEnergyRow>(out, "/energy_requests",
                             "with --audit: a row a request and phase, parts as columns");
  describe<TenantEnergyRow>(out, "/energy_tenants",
                            "with --audit: a row a tenant, pool, phase and component");
  describe<ItlRow>(out, "/itl", "histogram of the gaps between tokens");
  return out;
}

}  // namespace kvern
