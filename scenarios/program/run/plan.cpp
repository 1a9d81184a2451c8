#include "scenarios/program/run/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "analysis/summary/summary.h"
#include "scenarios/program/build/plugin.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/run/resolved.h"

namespace kvern {
namespace {

// The policy of a plugin serves all pools, unless a --set or --compare says otherwise.
void apply_plugin(const RunRequest& request, Config& root, Issues& issues) {
  if (request.plugin.empty()) return;
  Config name;
  name.kind = Config::Kind::Text;
  name.where = {"--plugin " + request.plugin, 0, 0};
  name.text = load_plugin(request.plugin, issues);
  if (!name.text.empty()) set_value(root, "pool.kv.eviction", name, issues);
}

// Replaces what arrives by a trace: the keys that made it before go, those that say what becomes of
// any request stay.
void apply_trace(const RunRequest& request, Config& root, Issues& issues) {
  if (request.trace.empty()) return;
  const Config* before = root.find("workload");
  const bool had_trace = before != nullptr && before->find("trace") != nullptr;
  Config path;
  path.kind = Config::Kind::Text;
  path.where = {"--trace " + request.trace, 0, 0};
  path.text = request.trace;
  set_value(root, "workload.trace", path, issues);
  // The scenario's format is that of its own trace; how many requests, of its generator.
  std::vector<std::string> gone = generator_keys();
  gone.emplace_back("format");
  if (!had_trace) gone.emplace_back("requests");
  std::string replaced;
  std::erase_if(root.find("workload")->members, [&](const Config::Member& key) {
    if (std::find(gone.begin(), gone.end(), key.key) == gone.end()) return false;
    if (key.key != "format") replaced += (replaced.empty() ? "" : ", ") + key.key;
    return true;
  });
  if (!replaced.empty()) {
    issues.note(path.where, "the trace replaces these keys of [workload]: " + replaced);
  }
}

// A sweep over what the trace replaces can't be run.
void check_trace_sweeps(const RunRequest& request, const std::vector<SweepSpec>& sweeps,
                        Issues& issues) {
  if (request.trace.empty()) return;
  for (const SweepSpec& sweep : sweeps) {
    for (const std::string& key : generator_keys()) {
      const std::string path = "workload." + key;
      if (sweep.key != path && !sweep.key.starts_with(path + ".")) continue;
      issues.error(
          sweep.where,
          "this varies \"" + sweep.key + "\", which --trace " + request.trace + " replaces",
          "vary a key of the trace, such as workload.time_scale, or leave out --trace");
    }
  }
}

void apply_command_line(const RunRequest& request, Config& root, Issues& issues) {
  apply_plugin(request, root, issues);
  apply_trace(request, root, issues);
  for (const std::string& text : request.settings) {
    if (const auto setting = parse_setting(text, "--set", issues)) {
      set_value(root, setting->path, setting->value, issues);
    }
  }
}

// Each [[sweep]] of the file, then each --compare.
std::vector<SweepSpec> sweeps_of(const RunRequest& request, const Scenario& scenario,
                                 Issues& issues) {
  std::vector<SweepSpec> sweeps = scenario.sweeps;
  for (const std::string& text : request.comparisons) {
    auto comparison = parse_comparison(text, issues);
    if (!comparison) continue;
    SweepSpec& sweep = sweeps.emplace_back();
    sweep.where = comparison->where;
    sweep.key = comparison->path;
    sweep.values = std::move(comparison->values);
  }
  return sweeps;
}

// Values may be spelt apart and mean the same ("5 s", "5000 ms"): such points are one run.
void refuse_equal_points(const RunPlan& plan, const std::vector<SweepSpec>& sweeps,
                         Issues& issues) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < plan.scenarios.size(); ++i) {
    const auto [same, fresh] = seen.emplace(resolved_toml(plan.scenarios[i].book, true), i);
    if (fresh) continue;
    issues.error(sweeps.back().where,
                 fmt::format("two points are the same run: {} and {}",
                             plan.points[same->second].label(), plan.points[i].label()),
                 "name each value once");
    return;
  }
}

}  // namespace

std::optional<RunPlan> make_plan(const RunRequest& request, Issues& issues) {
  auto root = read_toml(request.file, issues);
  if (!root) return std::nullopt;
  apply_command_line(request, *root, issues);
  Issues whole;
  Scenario base = read_scenario_keys(*root, request.file, whole);
  const std::vector<SweepSpec> sweeps = sweeps_of(request, base, issues);
  check_trace_sweeps(request, sweeps, issues);
  if (issues.any_error()) append_new(issues, whole);
  if (issues.any_error()) return std::nullopt;

  RunPlan plan;
  plan.points = sweep_points(*root, sweeps, issues);
  if (whole.any_error() && !sweeps.empty() && !plan.points.empty()) {
    // A sweep may set what the file alone lacks, as a budget its policy: its first point then
    // stands for the whole.
    whole = Issues();
    base = read_scenario_keys(plan.points.front().root, request.file, whole);
  }
  append_new(issues, whole);
  plan.is_sweep = !sweeps.empty();
  plan.name = base.name;
  plan.resolved = resolved_toml(base.book, false);
  plan.expects = base.expects;
  for (const SweepPoint& point : plan.points) {
    Issues own;
    auto scenario = read_scenario(point.root, request.file, own);
    append_new(issues, own);
    if (scenario) plan.scenarios.push_back(std::move(*scenario));
  }
  if (!issues.any_error()) refuse_equal_points(plan, sweeps, issues);
  if (!base.pools.empty()) {
    check_expects(plan.expects, plan.points, empty_summary(base), issues);
  }
  if (issues.any_error()) return std::nullopt;
  return plan;
}

void append_new(Issues& all, const Issues& more) {
  std::set<std::string> seen;
  const auto line = [](const Issue& issue) {
    Issues one;
    one.error(issue.where, issue.what, issue.hint);
    return one.text();
  };
  for (const Issue& issue : all.all()) seen.insert(line(issue));
  for (const Issue& issue : more.all()) {
    if (!seen.insert(line(issue)).second) continue;
    if (issue.severity == Severity::Error) all.error(issue.where, issue.what, issue.hint);
    if (issue.severity == Severity::Warning) all.warning(issue.where, issue.what, issue.hint);
    if (issue.severity == Severity::Note) all.note(issue.where, issue.what, issue.hint);
  }
}

Summary empty_summary(const Scenario& scenario) {
  RunRecords::Settings settings;
  for (const PoolSpec& pool : scenario.pools) settings.pools.push_back(pool.name);
  const std::vector<Ledger> ledgers(settings.pools.size());
  return make_summary({}, ledgers, RunRecords(settings));
}

}  // namespace kvern
