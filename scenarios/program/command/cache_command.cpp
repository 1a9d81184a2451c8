#include "scenarios/program/command/cache_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <memory>

#include "analysis/quality/cache_table.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "scenarios/program/command/cache_candidates.h"
#include "scenarios/program/command/cache_trace_reader.h"
#include "scenarios/program/command/trace_command.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/config/decimal.h"
#include "sim/base/worker_pool.h"
#include "sim/cache/belady_bound.h"
#include "sim/cache/cache_replay.h"
#include "sim/cache/checked_eviction.h"

namespace kvern {
namespace {

struct ReplayPlan {
  std::vector<CacheCandidate> policies;
  std::vector<std::uint32_t> capacities;
  Config admission;
  bool admits_all = true;
  Draws draws;
  ImportRequest trace;
};

std::vector<std::uint32_t> read_capacities(const std::string& text, Issues& issues) {
  std::vector<std::uint32_t> capacities;
  const Location where{"--capacity", 0, 0};
  for (const std::string_view item : split_values(text)) {
    const auto blocks = whole_number(item);
    if (!blocks || *blocks < 0 || *blocks >= kNoBlock) {
      issues.error(where, fmt::format("\"{}\" is not a number of blocks", item),
                   "as in --capacity 1000,10000");
      continue;
    }
    capacities.push_back(static_cast<std::uint32_t>(*blocks));
  }
  return capacities;
}

ReplayPlan make_plan(const CacheRequest& request, Issues& issues) {
  ReplayPlan plan;
  plan.draws.seed = request.seed;
  plan.policies = cache_candidates(request.policies, issues);
  plan.capacities = read_capacities(request.capacities, issues);
  const Location where{"--admission", 0, 0};
  plan.admission = parse_policy(request.admission, where, issues);
  const auto admission =
      make_policy(cache_admission::table(), "cache_admission", plan.admission, "admission", issues);
  plan.admits_all = admission != nullptr && admission->keeps_all();
  if (request.mode != "block" && request.mode != "prefix") {
    issues.error({"--mode", 0, 0}, fmt::format("there is no mode \"{}\"", request.mode),
                 did_you_mean(request.mode, {"block", "prefix"}));
  }
  TraceRequest trace;
  trace.file = request.file;
  trace.format = request.format;
  trace.settings = request.settings;
  if (auto import = import_request(trace, issues)) plan.trace = std::move(*import);
  return plan;
}

class Replays {
 public:
  Replays(const CacheTrace& trace, const ReplayPlan& plan)
      : trace_(trace), plan_(plan), next_(next_uses(trace)) {}

  // All, on all cores; the clairvoyant, which are last and slow, first: no core then waits long.
  void run(CacheComparison& into) const {
    const std::size_t columns = plan_.capacities.size();
    into.results.resize(plan_.policies.size() * columns);
    std::vector<std::exception_ptr> errors(into.results.size());
    WorkerPool(0).run(into.results.size(), [&](std::size_t i) {
      const std::size_t place = into.results.size() - 1 - i;
      if (interrupted()) return;
      try {
        into.results[place] =
            replay(plan_.policies[place / columns], plan_.capacities[place % columns]);
      } catch (...) {
        errors[place] = std::current_exception();
      }
    });
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
    for (const std::uint32_t capacity : plan_.capacities) {
      into.bound.push_back(result(belady_bound(trace_, next_, capacity, !plan_.admits_all)));
    }
  }

 private:
  static CacheResult result(const CacheCounts& counts) {
    return {counts.accesses, counts.hits, counts.prefix_hits};
  }

  CacheResult replay(const CacheCandidate& candidate, std::uint32_t capacity) const {
    Issues none;
    auto policy = make_policy(eviction::table(), "eviction", candidate.spec, "eviction", none);
#ifdef KVERN_SELF_CHECKS
    policy = std::make_unique<CheckedEviction>(std::move(policy));
#endif
    std::unique_ptr<CacheAdmission> admission;
    if (!plan_.admits_all) {
      admission = make_policy(cache_admission::table(), "cache_admission", plan_.admission,
                              "admission", none);
    }
    return result(replay_cache(trace_, capacity, *policy, admission.get(), next_, plan_.draws));
  }

  const CacheTrace& trace_;
  const ReplayPlan& plan_;
  std::vector<std::uint32_t> next_;
};

}  // namespace

int cache_command(const CacheRequest& request) {
  Issues issues;
  const ReplayPlan plan = make_plan(request, issues);
  std::optional<CacheTrace> trace;
  if (!issues.any_error()) trace = read_cache_trace(plan.trace, request.block_size, issues);
  std::fputs(issues.text().c_str(), stderr);
  if (!trace) return kUserError;
  CacheComparison comparison;
  comparison.prefix = request.mode == "prefix";
  comparison.capacities = plan.capacities;
  // Where a miss may be left out, only a cache that may do so too is a bound.
  comparison.bound_name = plan.admits_all ? eviction::kBound : eviction::kBypassBound;
  for (const CacheCandidate& each : plan.policies) {
    comparison.policies.push_back(each.name);
    comparison.clairvoyant.push_back(each.clairvoyant);
  }
  Replays(*trace, plan).run(comparison);
  if (interrupted()) return kInterrupted;
  const std::string text = request.json ? cache_json(comparison) : cache_table(comparison);
  std::fputs(text.c_str(), stdout);
  return kGood;
}

}  // namespace kvern
