#include "scenarios/program/run/bound.h"

#include <filesystem>
#include <map>

#include "analysis/run/run_folder.h"
#include "policies/eviction.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/run/resolved.h"
#include "scenarios/program/run/summary_wire.h"
#include "scenarios/program/run/sweep_run.h"
#include "scenarios/program/terminal/child_processes.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"

namespace kvern {
namespace {

constexpr const char* kKey = "pool.kv.eviction";

Config text_value(const std::string& text) {
  Config value;
  value.kind = Config::Kind::Text;
  value.where = {"--with-bound", 0, 0};
  value.text = text;
  return value;
}

void set_regret(const std::vector<SummaryEntry>& bound, std::vector<SummaryEntry>& entries) {
  const auto* best = std::get_if<double>(&value(bound, "hit_ratio"));
  const auto* own = std::get_if<double>(&value(entries, "hit_ratio"));
  if (best == nullptr || own == nullptr) return;
  put(entries, "regret", *best - *own);
}

}  // namespace

BoundOutcome run_bounds(const RunPlan& plan, const std::string& file, const RunOptions& options,
                        Issues& issues) {
  // Points that differ in their eviction policies alone have one bound.
  std::vector<Scenario> scenarios;
  std::map<std::string, std::size_t> known;
  std::vector<std::size_t> bound_of;
  for (const SweepPoint& point : plan.points) {
    Config root = point.root;
    set_value(root, kKey, text_value(eviction::kBound), issues);
    auto scenario = read_scenario(root, file, issues);
    if (!scenario || issues.any_error()) return {kUserError, {}};
    const auto [place, fresh] =
        known.try_emplace(resolved_toml(scenario->book, true), scenarios.size());
    bound_of.push_back(place->second);
    if (fresh) scenarios.push_back(std::move(*scenario));
  }
  RunOptions inside = options;
  inside.progress = false;
  inside.as_point = true;
  inside.save_cache.clear();
  inside.audit = false;
  inside.out =
      (std::filesystem::path(options.out) / (RunFolder::name(plan.name, plan.resolved) + ".bound"))
          .string();
  const auto results = run_children(scenarios.size(), [&](std::size_t i, std::string& output) {
    return run_child(scenarios[i], inside, output);
  });
  BoundOutcome outcome;
  outcome.exit_code = interrupted() ? kInterrupted : worst_exit(results);
  if (outcome.exit_code != kGood) return outcome;
  for (const std::size_t i : bound_of) outcome.summaries.push_back(from_wire(results[i].output));
  return outcome;
}

void set_regret(const Summary& bound, Summary& summary) {
  set_regret(bound.entries, summary.entries);
  for (std::size_t i = 0; i < summary.pools.size() && i < bound.pools.size(); ++i) {
    set_regret(bound.pools[i].entries, summary.pools[i].entries);
  }
}

std::string bound_table(const Scenario& scenario, const Summary& summary, const Summary& bound) {
  std::string own;
  for (const PoolSpec& pool : scenario.pools) {
    const std::string& name = pool.kv.eviction.table.find("policy")->text;
    if (own.find(name) == std::string::npos) own += (own.empty() ? "" : ", ") + name;
  }
  SweepPoint run;
  run.settings = {{kKey, text_value(own)}};
  SweepPoint best;
  best.settings = {{kKey, text_value(eviction::kBound)}};
  return sweep_table({run, best}, {summary, bound}) +
         "belady knows the next use of every block in trace order: a reference, which a serving "
         "run may beat\n";
}

}  // namespace kvern
