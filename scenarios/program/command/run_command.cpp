#include "scenarios/program/command/run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "scenarios/program/attention/attention_outcome.h"
#include "scenarios/program/attention/attention_summary.h"
#include "scenarios/program/command/band_command.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/bound.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/run/outcome_notes.h"
#include "scenarios/program/run/plan.h"
#include "scenarios/program/run/run.h"
#include "scenarios/program/run/sweep_run.h"
#include "scenarios/program/terminal/child_processes.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "sim/law.h"

namespace kvern {
namespace {

void print(std::FILE* to, const std::string& text) { std::fputs(text.c_str(), to); }

// After the run: each claim's verdict. True when all are met, or missed as the file says.
bool print_verdicts(const std::vector<ExpectSpec>& expects, const std::vector<SweepPoint>& points,
                    const std::vector<Summary>& summaries, bool json) {
  bool all = true;
  std::string text;
  for (const Verdict& verdict : judge(expects, points, summaries)) {
    text += verdict.line + "\n";
    all = all && (verdict.met || verdict.is_known());
  }
  if (!text.empty()) print(json ? stderr : stdout, (json ? "" : "\n") + text);
  return all;
}

RunOptions options_of(const RunRequest& request) {
  RunOptions options;
  options.out = request.out;
  options.stepwise = request.stepwise;
  options.audit = request.audit;
  options.load_cache = request.load_cache;
  options.save_cache = request.save_cache;
  return options;
}

int run_one(const RunPlan& plan, const RunRequest& request, const std::vector<Summary>& bounds) {
  RunOptions options = options_of(request);
  if (!bounds.empty()) options.bound = &bounds.front();
  Issues issues;
  const auto outcome = run_scenario(plan.scenarios.front(), options, issues);
  print(stderr, issues.text());
  if (!outcome) return kUserError;
  print(stdout, request.json ? summary_json(outcome->summary) : summary_table(outcome->summary));
  if (!outcome->audit.empty()) print(request.json ? stderr : stdout, "\n" + outcome->audit);
  if (!bounds.empty() && !request.json) {
    print(stdout, "\n" + bound_table(plan.scenarios.front(), outcome->summary, bounds.front()));
  }
  print(stderr, outcome_notes(outcome->summary, plan.scenarios.front().slo, ""));
  const bool met = outcome->interrupted ||
                   print_verdicts(plan.expects, plan.points, {outcome->summary}, request.json);
  print(stderr, fmt::format("{} {}\n",
                            outcome->interrupted ? "stopped by a signal; files so far in" : "wrote",
                            outcome->folder));
  if (outcome->interrupted) return kInterrupted;
  return met ? kGood : kMissed;
}

int guarded_run(const RunPlan& plan, const RunRequest& request,
                const std::vector<Summary>& bounds) {
  try {
    return run_one(plan, request, bounds);
  } catch (const LawBroken& broken) {
    print(stderr, fmt::format("kvern: error: {}\n", broken.what()));
    return kBrokenLaw;
  } catch (const std::exception& error) {
    print(stderr, fmt::format("kvern: error: {}\n", error.what()));
    return kOutside;
  }
}

int run_points(const RunPlan& plan, const RunRequest& request, const std::vector<Summary>& bounds) {
  const SweepOutcome outcome = run_sweep(plan, options_of(request), bounds);
  if (outcome.exit_code != kGood) {
    print(stderr, fmt::format("not all points were run; files so far in {}\n", outcome.folder));
    return outcome.exit_code;
  }
  print(stdout, request.json ? outcome.json : sweep_table(plan.points, outcome.summaries));
  for (std::size_t i = 0; i < outcome.summaries.size(); ++i) {
    print(stderr,
          outcome_notes(outcome.summaries[i], plan.scenarios[i].slo, plan.points[i].label()));
  }
  const bool met = print_verdicts(plan.expects, plan.points, outcome.summaries, request.json);
  print(stderr, fmt::format("wrote {}\n", outcome.folder));
  return met ? kGood : kMissed;
}

// Options that speak of the serving machine.
void refuse_serving_options(const RunRequest& request, Issues& issues) {
  const std::pair<const char*, bool> given[] = {{"--compare", !request.comparisons.empty()},
                                                {"--trace", !request.trace.empty()},
                                                {"--save-cache", !request.save_cache.empty()},
                                                {"--load-cache", !request.load_cache.empty()},
                                                {"--stepwise", request.stepwise},
                                                {"--audit", request.audit},
                                                {"--with-bound", request.with_bound},
                                                {"--plugin", !request.plugin.empty()},
                                                {"--band", request.band > 0}};
  for (const auto& [option, there] : given) {
    if (there) issues.error({option, 0, 0}, "a scenario with [attention] runs no cluster");
  }
}

int run_attention_points(const Config& root, const RunRequest& request, Issues& issues) {
  refuse_serving_options(request, issues);
  const auto scenario = read_attention_scenario(root, request.file, issues);
  std::optional<AttentionOutcome> outcome;
  if (scenario && !issues.any_error()) {
    outcome = run_attention_scenario(*scenario, request.out, issues);
  }
  print(stderr, issues.text());
  if (!outcome) return kUserError;
  print(stdout, request.json ? outcome->json
                             : attention_summary_table(scenario->points, outcome->summaries));
  const bool met =
      print_verdicts(scenario->expects, scenario->points, outcome->summaries, request.json);
  print(stderr, fmt::format("wrote {}\n", outcome->folder));
  return met ? kGood : kMissed;
}

// `kvern run FOLDER`: which scenarios there are. `--out ""` would be the working folder.
bool refuse_folders(const RunRequest& request, Issues& issues) {
  if (request.out.empty()) issues.error({"--out", 0, 0}, "the name of a folder is missing");
  std::error_code error;
  if (!std::filesystem::is_directory(request.file, error)) return issues.any_error();
  std::vector<std::string> scenarios;
  for (const auto& entry : std::filesystem::directory_iterator(request.file, error)) {
    if (entry.path().extension() == ".toml") scenarios.push_back(entry.path().filename().string());
  }
  std::sort(scenarios.begin(), scenarios.end());
  std::string hint = "there is no scenario (.toml) in it";
  if (!scenarios.empty()) hint = fmt::format("name one file: {}", fmt::join(scenarios, ", "));
  issues.error({request.file, 0, 0}, "this is a folder, and a run needs a scenario", hint);
  return true;
}

// The file with --set, when it has [attention].
std::optional<Config> attention_root(const RunRequest& request) {
  Issues unread;
  auto root = read_toml(request.file, unread);
  if (!root || !is_attention_scenario(*root)) return std::nullopt;
  return root;
}

}  // namespace

int run_command(const RunRequest& request) {
  Issues issues;
  if (refuse_folders(request, issues)) {
    print(stderr, issues.text());
    return kUserError;
  }
  if (auto root = attention_root(request)) {
    for (const std::string& text : request.settings) {
      if (const auto setting = parse_setting(text, "--set", issues)) {
        set_value(*root, setting->path, setting->value, issues);
      }
    }
    return run_attention_points(*root, request, issues);
  }
  const auto plan = make_plan(request, issues);
  if (request.band > 0 && request.with_bound) {
    issues.error({request.file, 0, 0}, "--with-bound goes with one draw of the coefficients",
                 "leave out --band");
  }
  if (request.band > 0 && !(request.save_cache + request.load_cache).empty()) {
    issues.error({request.file, 0, 0}, "a saved cache goes with one run, and --band makes many");
  }
  if (plan && plan->is_sweep && !(request.save_cache + request.load_cache).empty()) {
    issues.error({request.file, 0, 0}, "a saved cache goes with one run, and this is a sweep",
                 "take one point with --set");
  }
  print(stderr, issues.text());
  if (!plan || issues.any_error()) return kUserError;
  if (request.band > 0) return band_command(*plan, request);
  std::vector<Summary> bounds;
  if (request.with_bound) {
    Issues bound_issues;
    BoundOutcome outcome = run_bounds(*plan, request.file, options_of(request), bound_issues);
    if (outcome.exit_code != kGood) {
      print(stderr, bound_issues.text());
      return outcome.exit_code;
    }
    bounds = std::move(outcome.summaries);
  }
  if (plan->is_sweep) return run_points(*plan, request, bounds);
  if (request.plugin.empty()) return run_one(*plan, request, bounds);
  // With a stranger's code in it, a run may end in any way.
  return run_children(
             1, [&](std::size_t, std::string&) { return guarded_run(*plan, request, bounds); })
      .front()
      .exit_code;
}

}  // namespace kvern
