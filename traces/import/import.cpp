#include "traces/import/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/io/json_lines.h"
#include "traces/describe/statistics.h"
#include "traces/replay/trace_file.h"

namespace kvern {

namespace {

const TraceFormat* known_format(const std::string& name, const std::string& file, Issues& issues) {
  std::vector<std::string> names = {"kvern"};
  for (const TraceFormat& format : trace_formats()) {
    if (format.name == name) return &format;
    names.emplace_back(format.name);
  }
  const std::string hint = did_you_mean(name, names);
  issues.error({file, 0, 0}, fmt::format("unknown trace format \"{}\"", name),
               hint.empty() ? fmt::format("known: {}", fmt::join(names, ", ")) : hint);
  return nullptr;
}

// The first bytes where they are binary (hold a zero byte), else "".
std::string binary_head(const std::string& file) {
  ByteSource source(file);
  std::string head(4096, ' ');
  head.resize(source.read(head.data(), head.size()));
  return head.find('\0') == std::string::npos ? std::string() : head;
}

// What a file begins with, for one whose format is not known: the keys of a JSON line, else the
// line.
std::string beginning(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return "it is binary";
  JsonLine json;
  if (json.parse(line) && json.root().kind() == JsonValue::Kind::Object) {
    std::string keys;
    const JsonValue root = json.root();
    for (JsonValue item = root.first(); item && keys.size() < 120; item = root.next(item)) {
      keys += fmt::format("{}\"{}\"", keys.empty() ? "" : ", ", root.key(item).substr(0, 40));
    }
    return "its first line has the keys " + keys;
  }
  return fmt::format("its first line is \"{}\"", line.substr(0, 120));
}

const TraceFormat* format_of_content(const std::string& file, Issues& issues) {
  const std::string head = binary_head(file);
  ByteSource source(file);
  LineReader lines(source);
  std::string_view line = head;
  std::vector<std::string> names;
  const bool any = !head.empty() || lines.next(line);
  for (const TraceFormat& format : trace_formats()) {
    if (any && format.matches(line)) return &format;
    names.emplace_back(format.name);
  }
  issues.error({file, any ? 1 : 0, 0},
               any ? "no known trace format: " + beginning(line) : "the file is empty",
               fmt::format("name it, with --format or as `format` in [workload]: {}",
                           fmt::join(names, ", ")));
  return nullptr;
}

// "conversation_trace" of "a/b/conversation_trace.jsonl.gz".
std::string stem(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  return name.substr(0, name.find('.', 1));
}

void describe(const ImportRequest& request, const TraceFormat& format, ByteSource& source,
              Trace& trace) {
  const ImportOptions& o = request.options;
  trace.header.name = o.name.empty() ? stem(request.file) : o.name;
  trace.header.tokenizer = o.tokenizer;
  trace.header.closed = o.loop == "closed" || (o.loop == "auto" && !trace.waits_on.empty());
  Provenance& p = trace.provenance;
  p.source = o.source.empty() ? std::filesystem::path(request.file).filename().string() : o.source;
  p.source_commit = o.source_commit;
  p.source_sha256 = source.sha256();
  p.licence = o.licence;
  p.importer = format.name;
  p.importer_options = o.toml();
}

std::optional<Trace> read_foreign(const ImportRequest& request, const TraceFormat& format,
                                  Issues& issues) {
  ByteSource source(request.file);
  RowLog row_log(request.file, request.bad_rows_file);
  TraceBuilder builder(row_log);
  format.import(source, request.options, builder);
  row_log.report(issues);
  if (issues.any_error()) return std::nullopt;
  std::optional<Trace> trace = builder.finish(issues);
  if (trace) describe(request, format, source, *trace);
  return trace;
}

bool exists(const std::string& file, Issues& issues) {
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) return true;
  issues.error({file, 0, 0}, std::filesystem::exists(file, error) ? "not a file" : "no such file");
  return false;
}

}  // namespace

bool is_ours(const ImportRequest& request) {
  std::error_code ignored;
  return (request.format == "kvern" || request.format.empty()) &&
         std::filesystem::is_regular_file(request.file, ignored) &&
         (request.format == "kvern" || TableReader::is_table_file(request.file));
}

std::optional<Trace> read_trace(const ImportRequest& request, Issues& issues) {
  if (!exists(request.file, issues)) return std::nullopt;
  if (is_ours(request)) {
    TraceFile file(request.file);
    Trace trace;
    file.load(0, file.rows(), trace);
    return trace;
  }
  const TraceFormat* format = request.format.empty()
                                  ? format_of_content(request.file, issues)
                                  : known_format(request.format, request.file, issues);
  if (format == nullptr) return std::nullopt;
  return read_foreign(request, *format, issues);
}

std::optional<std::string> import_trace(const ImportRequest& request, const std::string& out,
                                        Issues& issues) {
  std::optional<Trace> trace = read_trace(request, issues);
  if (!trace) return std::nullopt;
  write_trace(out, *trace);
  return statistics_text(trace_statistics(*trace), *trace);
}

std::optional<std::string> trace_info(const ImportRequest& request, Issues& issues) {
  const std::optional<Trace> trace = read_trace(request, issues);
  if (!trace) return std::nullopt;
  return statistics_text(trace_statistics(*trace), *trace);
}

std::optional<std::string> trace_head(const ImportRequest& request, std::uint64_t count,
                                      Issues& issues) {
  std::optional<Trace> trace;
  if (is_ours(request)) {  // only the rows printed
    TraceFile file(request.file);
    file.load(0, std::min(count, file.rows()), trace.emplace());
  } else {
    trace = read_trace(request, issues);
  }
  if (!trace) return std::nullopt;
  std::string text = "request,arrival_ns,prompt_tokens,output_tokens,session,turn,blocks\n";
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < std::min<std::uint64_t>(count, trace->rows()); ++i) {
    if (trace->blocks.rows() > 0) trace->blocks.read(i, ids);
    const bool grouped = !trace->session.empty() && trace->session[i] >= 0;
    text += fmt::format("{},{},{},{},{},{},{}\n", i, trace->arrival_ns[i], trace->prompt_tokens[i],
                        trace->output_tokens[i], grouped ? std::to_string(trace->session[i]) : "",
                        grouped ? std::to_string(trace->turn[i]) : "", fmt::join(ids, " "));
  }
  return text;
}

}  // namespace kvern
