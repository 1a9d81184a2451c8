// BurstGPT (github.com/HPMLL/BurstGPT): seconds from a local midnight; version 3 has two columns
// more, Session ID (mostly empty) and Elapsed time, so columns go by name. 0 response tokens are a
// failed request, which stays; 0 and 0 is a request of nothing, which no server can be asked.
#include <absl/container/flat_hash_map.h>

#include "traces/import/csv_rows.h"
#include "traces/import/importers.h"

namespace kvern {

void import_burstgpt(ByteSource& source, const ImportOptions& /*options*/, TraceBuilder& trace) {
  CsvRows rows(source, trace,
               {"Timestamp", "Model", "Request tokens", "Response tokens", "Log Type"},
               {"Session ID", "Total tokens", "Elapsed time"});
  absl::flat_hash_map<std::string, std::int64_t> sessions;
  while (rows.next()) {
    TraceRow row;
    if (!rows.time(0, 9, row.arrival_ns) || !rows.count(2, row.prompt_tokens) ||
        !rows.count(3, row.output_tokens)) {
      continue;
    }
    if (row.prompt_tokens == 0 && row.output_tokens == 0) {
      trace.row_log().left_out("0 request and 0 response tokens");
      continue;
    }
    row.tenant = rows.text(1);
    row.category = rows.text(4);
    if (!rows.text(5).empty()) {
      const auto next = static_cast<std::int64_t>(sessions.size());
      row.session = sessions.try_emplace(std::string(rows.text(5)), next).first->second;
    }
    trace.add(row);
  }
}

}  // namespace kvern
