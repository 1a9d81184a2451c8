#include "analysis/record_columns.h"

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
  describe<ItlRow>(out, "/itl", "histogram of the gaps between tokens");
  return out;
}

}  // namespace kvern
