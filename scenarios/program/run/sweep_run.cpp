#include "scenarios/program/run/sweep_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "analysis/run/run_folder.h"
#include "scenarios/program/run/summary_wire.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/config/toml_text.h"
#include "sim/law.h"

namespace kvern {

int run_child(const Scenario& scenario, const RunOptions& options, std::string& output) {
  try {
    Issues issues;
    const auto outcome = run_scenario(scenario, options, issues);
    std::fputs(issues.text().c_str(), stderr);
    if (!outcome) return kUserError;
    output = to_wire(outcome->summary);
    return outcome->interrupted ? kInterrupted : kGood;
  } catch (const LawBroken& broken) {
    std::fprintf(stderr, "error: %s\n", broken.what());
    return kBrokenLaw;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return kOutside;
  }
}

int worst_exit(const std::vector<ChildResult>& results) {
  int code = kGood;
  for (const ChildResult& result : results) {
    if (result.exit_code == kBrokenLaw) return kBrokenLaw;
    if (code == kGood) code = result.exit_code;
  }
  return code;
}

namespace {

std::string indented(std::string text, const std::string& indent) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
    text.insert(at + 1, indent);
    at += 1 + indent.size();
  }
  return text;
}

}  // namespace

std::string points_json(const std::vector<SweepPoint>& points,
                        const std::vector<Summary>& summaries) {
  std::string json;
  for (std::size_t i = 0; i < points.size(); ++i) {
    json +=
        fmt::format("{}\n  {{\n    \"point\": {},\n    \"summary\": {}\n  }}", i == 0 ? "[" : ",",
                    point_json(points[i]), indented(summary_json(summaries[i]), "    "));
  }
  return json + "\n]\n";
}

SweepOutcome run_sweep(const RunPlan& plan, const RunOptions& options,
                       const std::vector<Summary>& bounds) {
  RunFolder folder(
      (std::filesystem::path(options.out) / RunFolder::name(plan.name, plan.resolved)).string());
  if (!folder.left_over().empty()) std::fprintf(stderr, "%s\n", folder.left_over().c_str());
  folder.write("scenario.resolved.toml", plan.resolved);
  RunOptions inside = options;
  inside.out = folder.partial_path();
  inside.progress = false;
  inside.as_point = true;
  const auto results = run_children(plan.points.size(), [&](std::size_t i, std::string& output) {
    RunOptions own = inside;
    if (!bounds.empty()) own.bound = &bounds[i];
    return run_child(plan.scenarios[i], own, output);
  });
  SweepOutcome outcome;
  outcome.exit_code = interrupted() ? kInterrupted : worst_exit(results);
  outcome.folder = folder.partial_path();
  if (outcome.exit_code != kGood) return outcome;
  for (std::size_t i = 0; i < results.size(); ++i) {
    outcome.summaries.push_back(from_wire(results[i].output));
  }
  outcome.json = points_json(plan.points, outcome.summaries);
  folder.write("summary.json", outcome.json);
  folder.commit();
  outcome.folder = folder.path();
  return outcome;
}

}  // namespace kvern
