// The formats of request traces. Each importer is a file: it reads rows of its format from `source`
// and adds them to `trace`. Bad rows and missing columns go to the trace's log; damaged files throw
// OutsideError. Layouts and quirks: docs of the formats, named in each file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/parameters.h"
#include "sim/base/io/byte_source.h"
#include "sim/base/time.h"
#include "sim/base/units.h"
#include "traces/import/trace_builder.h"

namespace kvern {

struct ImportOptions {
  Duration session_gap{60 * kSecond};  // weka: start to start
  bool chain = false;                  // mooncake: ids name contents; make prefixes of them
  // mooncake: input_length counts what a turn adds only; absent: where no turn of the file could
  // hold the one before it.
  std::optional<bool> delta;
  std::uint32_t block_size = 0;  // 0 = the format's own
  std::string loop = "auto";     // or "open", "closed"
  // Plain CSV: names of columns ("" = none) and the unit of time.
  std::string time_column;      // "" = arrival_ns (in ns) where there is one, else timestamp
  std::string time_unit = "s";  // "s", "ms", "us", "ns" or "date"
  std::string prompt_column = "prompt_tokens";
  std::string output_column = "output_tokens";
  std::string session_column;
  std::string tenant_column;
  std::string language_column;
  std::string category_column;
  std::string object_column;  // libcachesim_csv: of objects; "" = by its usual names
  // What the file can't tell, for the trace's header and provenance.
  std::string name;
  std::string tokenizer;
  std::string source;
  std::string source_commit;
  std::string licence;

  // Those that shape the rows and are not the default, as TOML lines.
  std::string toml() const;
};
// Reads, checks and documents every key; call p.finish() afterwards.
ImportOptions read_import_options(Parameters& p);

struct TraceFormat {
  const char* name;  // "azure"
  const char* what;  // one line
  // Whether the first line of a file (of a binary one: its first bytes) looks like it.
  bool (*matches)(std::string_view first_line);
  void (*import)(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
};
// In the order in which they are tried. Plain CSV (last) is never guessed: it must be named.
const std::vector<TraceFormat>& trace_formats();

void import_azure(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_bailian(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_burstgpt(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_csv(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_libcachesim_csv(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
bool is_libcachesim_csv(std::string_view first_line);
void import_llmservingsim(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_mooncake(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_oracle_general(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
bool is_oracle_general(std::string_view head);
void import_vidur(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);
void import_weka(ByteSource& source, const ImportOptions& options, TraceBuilder& trace);

}  // namespace kvern
