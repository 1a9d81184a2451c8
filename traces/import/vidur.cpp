// Vidur's replay files (github.com/microsoft/vidur): arrived_at in seconds, num_prefill_tokens,
// num_decode_tokens.
#include "traces/import/csv_rows.h"
#include "traces/import/importers.h"

namespace kvern {

void import_vidur(ByteSource& source, const ImportOptions& /*options*/, TraceBuilder& trace) {
  CsvRows rows(source, trace, {"arrived_at", "num_prefill_tokens", "num_decode_tokens"});
  while (rows.next()) {
    TraceRow row;
    if (rows.time(0, 9, row.arrival_ns) && rows.count(1, row.prompt_tokens) &&
        rows.count(2, row.output_tokens)) {
      trace.add(row);
    }
  }
}

}  // namespace kvern
