#include "scenarios/program/command/validate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "analysis/run/run_files.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/run/run.h"
#include "scenarios/program/terminal/child_processes.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "scenarios/program/validation/case_line.h"
#include "scenarios/program/validation/case_metrics.h"
#include "scenarios/program/validation/case_plan.h"
#include "scenarios/program/validation/case_wire.h"
#include "sim/law.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> case_files(const ValidateRequest& request, Issues& issues) {
  std::vector<std::string> files;
  std::error_code error;
  for (const std::string& name : request.cases) {
    const fs::path path =
        fs::is_directory(name, error) ? fs::path(name) / "case.toml" : fs::path(name);
    if (!fs::exists(path, error)) {
      issues.error({path.string(), 0, 0}, "there is no such case", "a folder with a case.toml");
    }
    files.push_back(path.string());
  }
  if (!request.cases.empty()) return files;
  const fs::path ours = fs::path(source_folder()) / "scenarios" / "validation";
  for (const auto& entry : fs::directory_iterator(ours, error)) {
    const fs::path path = entry.path() / "case.toml";
    if (fs::exists(path, error)) files.push_back(path.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A run, and what it is a part of.
struct Job {
  const CasePlan* plan;
  std::size_t point;
};

// What the runs in a folder wrote, and the folder where nothing else is in it.
void remove_runs(const std::string& folder) {
  std::error_code ignored;
  if (remove_run_files(folder).empty()) fs::remove(folder, ignored);
}

std::vector<MeasuredPair> pairs_of(const MeasuredSpec& spec, const FinishedRun& run) {
  if (spec.kind == "requests") return request_pairs(spec, run);
  return spec.kind == "steps" ? step_pairs(spec, run) : series_pairs(spec, run);
}

int run_point(const Job& job, const ValidateRequest& request, std::string& output) {
  const Scenario& scenario = job.plan->scenarios[job.point];
  RunOptions options;
  // Rows of a table may ask for the same run twice, at the same time.
  options.out = (fs::path(request.out) / "validate" / job.plan->spec.name /
                 (job.plan->points.size() > 1 ? fmt::format("{}", job.point + 1) : ""))
                    .string();
  options.progress = false;
  options.notes = job.point == 0;  // its other runs would say the same
  Issues issues;
  const auto outcome = run_scenario(scenario, options, issues);
  // Notes on columns that the trace does not use would be many.
  if (!outcome) std::fputs(issues.text().c_str(), stderr);
  if (!outcome) return kUserError;
  if (outcome->interrupted) return kInterrupted;
  PointResult result;
  const FinishedRun run{scenario, outcome->summary,
                        (fs::path(outcome->folder) / "records.h5").string()};
  for (std::size_t i = 0; i < job.plan->measured.size(); ++i) {
    const MeasuredSpec& spec = job.plan->measured[i];
    if (spec.kind == "rows") continue;
    if (spec.at && !at_point(job.plan->points[job.point], *spec.at)) continue;
    const std::vector<MeasuredPair> pairs = pairs_of(spec, run);
    for (MeasuredResult& each : summarise(spec, pairs)) {
      result.results.emplace_back(i, std::move(each));
    }
    if (!request.json) continue;
    for (const MeasuredPair& pair : pairs) result.pairs.emplace_back(i, pair);
  }
  result.summary = outcome->summary;
  output = point_text(result);
  // Hundreds of runs, of which the summaries are all that counts.
  if (job.plan->spec.rows) remove_runs(options.out);
  return kGood;
}

int guarded_point(const Job& job, const ValidateRequest& request, std::string& output) {
  const char* file = job.plan->file.c_str();
  try {
    return run_point(job, request, output);
  } catch (const LawBroken& broken) {
    std::fprintf(stderr, "%s: error: %s\n", file, broken.what());
    return kBrokenLaw;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: error: %s\n", file, error.what());
    return kOutside;
  }
}

void add_point(const CasePlan& plan, const std::string& label, const PointResult& point,
               CaseReport& report) {
  for (const auto& [index, result] : point.results) {
    report.lines.push_back(line_of(plan.measured[index], label, result));
  }
  std::vector<std::vector<MeasuredPair>> pairs(plan.measured.size());
  for (const auto& [index, pair] : point.pairs) pairs[index].push_back(pair);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto metric = find_metric(plan.measured[i].kind, plan.measured[i].metric);
    if (!metric || pairs[i].empty()) continue;
    append_rows(plan.measured[i], label, pairs[i], metric->unit, report.rows);
  }
}

// `results`: of the plan's points. The report of a case of which a run failed says so.
CaseReport report_of(const CasePlan& plan, const ChildResult* results, int& code) {
  CaseReport report;
  report.name = plan.spec.name;
  report.source = plan.spec.source;
  report.note = plan.spec.note;
  if (!plan.absent.empty()) {
    report.verdict = "skipped: no data at " + plan.absent;
    return report;
  }
  if (!plan.spec.needs.empty()) {
    report.verdict = "needs " + plan.spec.needs;
    return report;
  }
  std::vector<Summary> summaries;
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    if (results[i].exit_code != kGood) {
      code = std::max(code, results[i].exit_code);
      report.verdict = "FAILED";
      report.lines.clear();
      return report;
    }
    PointResult point = read_point(results[i].output);
    add_point(plan, plan.spec.rows ? "" : plan.points[i].label(), point, report);
    summaries.push_back(std::move(point.summary));
  }
  for (auto& lines :
       {lines_of_rows(plan, summaries, report.rows), lines_of_expects(plan, summaries)}) {
    report.lines.insert(report.lines.end(), lines.begin(), lines.end());
  }
  judge_lines(report);
  if (report.verdict == "OUTSIDE") code = std::max(code, kMissed);
  return report;
}

}  // namespace

int validate_command(const ValidateRequest& request) {
  Issues issues;
  std::vector<CasePlan> plans;
  for (const std::string& file : case_files(request, issues)) {
    Issues own;
    std::error_code error;
    if (!fs::exists(file, error)) continue;
    auto plan = plan_case(file, own);
    append_new(issues, own);
    if (plan) plans.push_back(std::move(*plan));
  }
  std::fputs(issues.text().c_str(), stderr);
  if (issues.any_error()) return kUserError;
  std::vector<Job> jobs;
  for (const CasePlan& plan : plans) {
    for (std::size_t i = 0; i < plan.points.size(); ++i) jobs.push_back({&plan, i});
  }
  const auto results = run_children(jobs.size(), [&](std::size_t i, std::string& output) {
    return guarded_point(jobs[i], request, output);
  });
  int code = kGood;
  std::vector<CaseReport> reports;
  const ChildResult* next = results.data();
  for (const CasePlan& plan : plans) {
    reports.push_back(report_of(plan, next, code));
    next += plan.points.size();
  }
  const std::string text = request.json ? cases_json(reports) : cases_text(reports);
  std::fputs(text.c_str(), stdout);
  for (const CasePlan& plan : plans) {
    const std::string hint = missing_data_hint(plan.absent);
    if (hint.empty()) continue;
    std::fprintf(stderr, "kvern: note: %s\n", hint.c_str());
    break;  // the same for all
  }
  return interrupted() ? kInterrupted : code;
}

}  // namespace kvern
