// [case], [case.rows], [case.forced] and [[measured]].
#include <fmt/format.h>

#include <filesystem>

#include "analysis/summary/comparison.h"
#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/validation/allowed_error.h"
#include "scenarios/program/validation/case_metrics.h"
#include "sim/base/config/toml_text.h"
#include "sim/base/units.h"

namespace kvern {
namespace {

std::string read_file(Parameters& p, const std::string& scenario, std::string_view doc) {
  const std::string name = p.require<std::string>("file", doc);
  if (name.empty()) return {};
  std::string path = path_beside(p, "file", name, scenario);
  if (p.book() != nullptr) p.book()->back().value = toml_text(std::string_view(path));
  return path;
}

std::optional<Config> read_table(Parameters& p, std::string_view key, std::string_view doc) {
  const Config* value = p.any(key, doc, "table");
  if (value == nullptr) return std::nullopt;
  if (value->kind != Config::Kind::Table) {
    p.error(key, fmt::format("{} is not a table", key), "write { \"name\" = value }");
    return std::nullopt;
  }
  return *value;
}

CaseRows read_rows(Parameters p, const std::string& file) {
  CaseRows rows;
  rows.where = p.where("");
  rows.file = read_file(p, file, "table (CSV, TSV) with a run in each row");
  rows.only = read_table(p, "only", "rows whose columns have these values");
  rows.set = read_table(p, "set",
                        "path of a key = text with {column} or {expression of columns}, for each "
                        "row")
                 .value_or(Config());
  rows.names =
      read_table(p, "names", "a text in a column = what is written for it").value_or(Config());
  p.finish();
  return rows;
}

ForcedSchedule read_forced(Parameters p, const std::string& file) {
  ForcedSchedule forced;
  forced.where = p.where("");
  forced.file = read_file(p, file, "iterations of one replica, in order");
  forced.start = p.get("start", "start_s", "column with the begin of an iteration");
  forced.end = p.get("end", "end_s", "column with its end");
  p.finish();
  return forced;
}

// "ttft_ms_p90" says its statistic itself.
void split_statistic(Parameters& p, MeasuredSpec& spec) {
  std::string own;
  for (const char* ending : {"mean", "total", "p50", "p90", "p95", "p99", "max"}) {
    const std::string tail = std::string("_") + ending;
    if (spec.kind == "rows" || !spec.metric.ends_with(tail)) continue;
    spec.metric.resize(spec.metric.size() - tail.size());
    const std::string word = ending;
    own = word == "mean" || word == "total" ? word : "value_" + word;
    break;
  }
  if (!own.empty() && !spec.statistic.empty() && own != spec.statistic && own != "mean") {
    p.error("statistic",
            fmt::format("the metric says {} and the statistic {}", own.substr(own.find('_') + 1),
                        spec.statistic),
            "give one of the two");
  }
  if (spec.statistic.empty()) spec.statistic = own.empty() ? "mean" : own;
}

void check_statistic(Parameters& p, const MeasuredSpec& spec) {
  const auto& known = comparison_statistics();
  if (std::find(known.begin(), known.end(), spec.statistic) != known.end()) return;
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "they are " : ", ") + name;
  const std::string hint = did_you_mean(spec.statistic, known);
  p.error("statistic", fmt::format("there is no statistic \"{}\"", spec.statistic),
          hint.empty() ? names : hint);
}

SimTime read_time(Parameters& p, const char* key, SimTime usual, const char* doc, Range range) {
  return p.get(key, Duration{usual}, doc, range).ns;
}

void read_series(Parameters& p, MeasuredSpec& spec) {
  spec.time = p.get("time", "", "series: column of times; empty: t, t_s, time_s, clock, timestamp");
  spec.bin = read_time(p, "bin", kSecond, "series: values are averaged over bins of this width",
                       kPositive);
  spec.shift = read_time(p, "shift", 0, "series: added to the file's times", {-1e18, 1e18});
  if (const auto until = p.find<Duration>("until", "series: later times don't count", kPositive)) {
    spec.until = until->ns;
  }
  const bool counts = spec.column.find("counter") != std::string::npos;
  spec.counter = p.get("counter", counts,
                       "series: the column accumulates; read where it changes, and between in a "
                       "straight line");
}

ServerWatts read_server(Parameters p) {
  ServerWatts server;
  server.base_watts = p.get("base", Watts{0}, "what it draws beside its boards").value;
  server.slope =
      p.get("slope", 1.0, "of its watts on the boards': supplies, fans, host", kPositive);
  p.finish();
  return server;
}

// A known miss names a bar that there is, and says why.
void check_known(Parameters& p, const MeasuredSpec& spec) {
  if (!spec.bar && (!spec.known.empty() || spec.known_groups)) {
    p.error("known", "a known miss needs a bar that it misses", "give bar, or leave out known");
  }
  if (!spec.known_groups) return;
  if (spec.group.empty()) {
    p.error("known_groups", "known_groups needs a group", "group = \"column\"");
  }
  for (const Config::Member& member : spec.known_groups->members) {
    if (member.value.kind == Config::Kind::Text && !member.value.text.empty()) continue;
    p.error("known_groups", fmt::format("known_groups: \"{}\" has no reason", member.key),
            "write { \"value of the column\" = \"why it is outside\" }");
  }
}

MeasuredSpec read_measured_table(Parameters& p, const std::string& file) {
  MeasuredSpec spec;
  spec.where = p.where("");
  spec.kind = p.choice("kind", "requests", {"requests", "steps", "series", "rows"},
                       "what a row of the file is: a request, a step, a moment, or a run of "
                       "[case.rows]");
  // Rows are those of [case.rows], or without it each is compared with the one run.
  if (spec.kind != "rows" || p.has("file")) {
    spec.file = read_file(p, file, "the measurements: CSV or TSV with a header, packed or not");
  }
  spec.metric = p.require<std::string>(
      "metric", "the run's quantity: ttft_ms, step_ms, power_w, ...; see validate --help");
  spec.column = p.get("column", "",
                      "of the file, or arithmetic over columns; empty: as the metric is known "
                      "there");
  spec.column_where = p.where("column");
  spec.statistic = p.get("statistic", "",
                         "mean, total, value_p50 ... value_max: of the values; median, p95, mape: "
                         "of the pairs' relative errors; exact: pairs that differ");
  spec.unit = p.get("unit", "", "of the column; empty: as its name ends (_ms, _j); \"1\": none");
  const Config* bar = p.any("bar",
                            "the largest error that is good: \"3 %\", \"3 points\"; absent: "
                            "only reported",
                            "share");
  if (bar != nullptr) spec.bar = *bar;
  spec.only = read_table(p, "only", "rows whose columns have these values");
  spec.at = read_table(p, "where", "the points of a sweep that it speaks of");
  spec.group = p.get("group", "", "column: judged by the bar for each of its values too");
  spec.name = p.get("name", "", "in tables; empty: the metric and its statistic");
  spec.known = p.get("known", "", "why it is outside its bar today: shown, and does not count");
  spec.known_groups =
      read_table(p, "known_groups", "the same for values of `group`: { \"vllm\" = \"why\" }");
  spec.note = p.get("note", "", "what to know about the result");
  spec.peers = p.get("peers", "", "errors of other simulators on the same measurements");
  read_series(p, spec);
  if (p.has("server")) {
    spec.server =
        read_server(p.table("server", "series of watts: of the whole server, not boards"));
  }
  split_statistic(p, spec);
  check_statistic(p, spec);
  if (!spec.unit.empty() && !unit_of(spec.unit)) {
    p.error("unit", fmt::format("there is no unit \"{}\"", spec.unit), "they are " + known_units());
  }
  if (spec.bar) {
    std::string why;
    if (!read_bar(*spec.bar, why)) p.error("bar", why, "write \"3 %\" or \"3 points\"");
  }
  if (!spec.metric.empty()) check_metric(p, spec);
  check_known(p, spec);
  p.finish();
  return spec;
}

}  // namespace

std::optional<CaseSpec> read_case(Parameters& top, const std::string& file) {
  if (!top.has("case")) {
    top.table("case", "what makes the scenario a validation case");
    return std::nullopt;
  }
  Parameters p = top.table("case", "what makes the scenario a validation case");
  CaseSpec spec;
  spec.where = p.where("");
  std::error_code unknown;  // a file "../case.toml" still has a folder with a name
  const std::filesystem::path whole = std::filesystem::weakly_canonical(file, unknown);
  const std::string folder =
      (unknown ? std::filesystem::path(file) : whole).parent_path().filename();
  spec.name = p.get("name", folder.c_str(), "in tables; names the folder of its runs");
  check_folder_name(p, spec.name);
  spec.source = p.get("source", "", "who measured, what and where it is published");
  spec.note = p.get("note", "", "what was assumed, what to know about the result");
  spec.needs = p.get("needs", "", "what Kvern lacks for it; the case is shown and does not count");
  if (p.has("rows")) spec.rows = read_rows(p.table("rows", "a run for each row of a table"), file);
  if (p.has("forced")) {
    spec.forced =
        read_forced(p.table("forced", "steps last as measured; decisions are the run's"), file);
  }
  p.finish();
  return spec;
}

std::vector<MeasuredSpec> read_measured(Parameters& top, const std::string& file) {
  std::vector<MeasuredSpec> all;
  for (Parameters& p : top.tables("measured", "measurements to compare the run with")) {
    all.push_back(read_measured_table(p, file));
  }
  return all;
}

}  // namespace kvern
