#include "scenarios/program/command/trace_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <new>
#include <optional>

#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/memory_claim.h"
#include "scenarios/program/run/resolved.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "traces/describe/statistics.h"
#include "traces/generate/synthesize.h"
#include "traces/import/import.h"
#include "traces/replay/trace_file.h"

namespace kvern {
namespace {

// Prints the issues, then the text; without a text the user erred.
int finish(const std::optional<std::string>& text, const Issues& issues) {
  std::fputs(issues.text().c_str(), stderr);
  if (!text) return kUserError;
  std::fputs(text->c_str(), stdout);
  return kGood;
}

// --out, or the input's name with the ending ".h5" in the working folder.
std::string out_path(const TraceRequest& request) {
  if (!request.out.empty()) return request.out;
  std::filesystem::path name = std::filesystem::path(request.file).filename();
  while (name.has_extension()) name.replace_extension();
  return name.string() + ".h5";
}

// The keys of [workload] as TOML, for the provenance.
std::string workload_text(const KeyBook& book) {
  KeyBook workload;
  for (const KeyEntry& entry : book) {
    if (entry.table.starts_with("workload")) workload.push_back(entry);
  }
  return resolved_toml(workload, true);
}

std::optional<std::string> synthesize_to(const TraceRequest& request, const std::string& out,
                                         Issues& issues) {
  auto root = read_toml(request.file, issues);
  if (!root) return std::nullopt;
  for (const std::string& text : request.settings) {
    if (const auto setting = parse_setting(text, "--set", issues)) {
      set_value(*root, setting->path, setting->value, issues);
    }
  }
  const auto scenario = read_scenario(*root, request.file, issues);
  if (!scenario) return std::nullopt;
  if (scenario->workload.replay) {
    issues.error(scenario->workload.replay->where, "this workload is a trace already",
                 "kvern trace import reads one");
    return std::nullopt;
  }
  const std::uint32_t block_size =
      scenario->pools.front().kv.prefix_cache ? scenario->pools.front().kv.block_size : 0;
  const auto arrivals =
      make_generated_arrivals(scenario->workload.generator, scenario->seed, block_size, issues);
  if (arrivals == nullptr) return std::nullopt;
  Synthesis synthesis;
  synthesis.name = scenario->name;
  synthesis.seed = scenario->seed;
  synthesis.workload = workload_text(scenario->book);
  const auto too_large = [&] {
    issues.error(
        {request.file, 0, 0},
        "workload.requests: this machine's memory does not hold a trace of so many requests",
        "kvern run needs no trace: it makes them as it goes");
    return std::nullopt;
  };
  constexpr std::uint64_t kBytesPerRequest = 60;  // its columns, and their sorted copies
  const std::uint64_t rows = scenario->workload.generator.requests.value_or(0);
  if (rows * kBytesPerRequest > free_memory_bytes()) return too_large();
  std::optional<Trace> trace;
  try {
    trace = synthesize(*arrivals, synthesis, issues);
  } catch (const std::bad_alloc&) {
    return too_large();
  }
  if (!trace) return std::nullopt;
  write_trace(out, *trace);
  return statistics_text(trace_statistics(*trace), *trace);
}

}  // namespace

std::optional<ImportRequest> import_request(const TraceRequest& request, Issues& issues) {
  Config options;
  options.where.file = "--set";
  for (const std::string& text : request.settings) {
    if (const auto setting = parse_setting(text, "--set", issues)) {
      set_value(options, setting->path, setting->value, issues);
    }
  }
  ImportRequest import;
  import.file = request.file;
  import.format = request.format;
  Parameters p(&options, "workload.import", issues);
  import.options = read_import_options(p);
  p.finish();
  if (request.skip_bad) import.bad_rows_file = out_path(request) + ".bad";
  if (issues.any_error()) return std::nullopt;
  return import;
}

int trace_import_command(const TraceRequest& request) {
  Issues issues;
  const auto import = import_request(request, issues);
  if (!import) return finish(std::nullopt, issues);
  const std::string out = out_path(request);
  std::error_code unknown;  // links and hard links are seen through
  if (std::filesystem::equivalent(out, request.file, unknown)) {
    issues.error({"--out " + out, 0, 0}, "this is the trace that is to be imported",
                 "name another file");
    return finish(std::nullopt, issues);
  }
  const int code = finish(import_trace(*import, out, issues), issues);
  if (code == kGood) std::fprintf(stderr, "wrote %s\n", out.c_str());
  return code;
}

int trace_info_command(const TraceRequest& request) {
  Issues issues;
  const auto import = import_request(request, issues);
  return finish(import ? trace_info(*import, issues) : std::nullopt, issues);
}

int trace_head_command(const TraceRequest& request) {
  Issues issues;
  const auto import = import_request(request, issues);
  return finish(import ? trace_head(*import, request.rows, issues) : std::nullopt, issues);
}

int trace_synthesize_command(const TraceRequest& request) {
  Issues issues;
  const std::string out = out_path(request);
  const int code = finish(synthesize_to(request, out, issues), issues);
  if (code == kGood) std::fprintf(stderr, "wrote %s\n", out.c_str());
  return code;
}

}  // namespace kvern
