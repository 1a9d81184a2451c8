// Azure LLM inference traces, 2023 and 2024 (github.com/Azure/AzurePublicDataset): TIMESTAMP,
// ContextTokens, GeneratedTokens. 2023 has CRLF and no last line end; 2024 an offset "+00:00" and a
// fraction that is sometimes absent. Times are taken for UTC.
#include "traces/import/csv_rows.h"
#include "traces/import/importers.h"

namespace kvern {

void import_azure(ByteSource& source, const ImportOptions& /*options*/, TraceBuilder& trace) {
  trace.clock_is_utc = true;
  CsvRows rows(source, trace, {"TIMESTAMP", "ContextTokens", "GeneratedTokens"});
  while (rows.next()) {
    TraceRow row;
    if (rows.date_time(0, row.arrival_ns) && rows.count(1, row.prompt_tokens) &&
        rows.count(2, row.output_tokens)) {
      trace.add(row);
    }
  }
}

}  // namespace kvern
