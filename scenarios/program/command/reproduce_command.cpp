#include "scenarios/program/command/reproduce_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "scenarios/program/attention/attention_outcome.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/model_files.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/run/plan.h"
#include "scenarios/program/run/run.h"
#include "scenarios/program/run/sweep_run.h"
#include "scenarios/program/terminal/child_processes.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/config/toml_text.h"
#include "sim/law.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

struct Paper {
  std::string name;
  std::string file;
  std::string needs;  // the trace or weights that aren't there; "" = nothing
};

fs::path papers_folder() { return fs::path(source_folder()) / "scenarios" / "papers"; }

std::vector<std::string> paper_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(papers_folder(), error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Paper> find_papers(const ReproduceRequest& request, Issues& issues) {
  const std::vector<std::string> known = paper_names();
  std::vector<Paper> papers;
  for (const std::string& name : request.names.empty() ? known : request.names) {
    Paper paper;
    paper.name = is_data_path(name) ? fs::path(name).stem().string() : name;
    paper.file = is_data_path(name) ? name : (papers_folder() / (name + ".toml")).string();
    if (!is_data_path(name) && std::find(known.begin(), known.end(), name) == known.end()) {
      issues.error({"kvern", 0, 0}, fmt::format("no scenarios/papers/{}.toml", name),
                   did_you_mean(name, known));
      continue;
    }
    const auto root = read_toml(paper.file, issues);
    if (!root) continue;
    paper.needs = absent_input(paper.file, *root);
    papers.push_back(std::move(paper));
  }
  return papers;
}

std::string json_row(const Verdict& verdict) {
  return fmt::format(
      "{{\"metric\": {}, \"unit\": {}, \"point\": {}, \"expected\": {}, \"got\": {}, "
      "\"tolerance\": {}, \"sense\": {}, \"source\": {}, \"verdict\": \"{}\", \"known\": {}}}",
      toml_text(verdict.metric), toml_text(verdict.unit), toml_text(verdict.point),
      verdict.expected, verdict.got ? fmt::format("{}", *verdict.got) : "null", verdict.tolerance,
      toml_text(verdict.sense), toml_text(verdict.source),
      verdict.met          ? "met"
      : verdict.is_known() ? "known"
                           : "missed",
      toml_text(verdict.known));
}

// `rows`: of json_row, when it ran.
std::string json_paper(const Paper& paper, const PaperSpec& spec, const std::string& verdict,
                       const std::string& rows) {
  return fmt::format(
      "{{\"paper\": {}, \"title\": {}, \"id\": {}, \"what\": {}, \"not_reproduced\": {}, "
      "\"verdict\": \"{}\", \"needs\": {}, \"expects\": [{}]}}",
      toml_text(paper.name), toml_text(spec.title), toml_text(spec.id), toml_text(spec.what),
      toml_text(spec.not_reproduced), verdict, toml_text(paper.needs), rows);
}

std::string text_head(const Paper& paper, const PaperSpec& spec) {
  std::string text = fmt::format("{}: {} ({})\n", paper.name, spec.title, spec.id);
  if (!spec.what.empty()) text += fmt::format("  reproduced: {}\n", spec.what);
  if (!spec.not_reproduced.empty()) text += fmt::format("  not: {}\n", spec.not_reproduced);
  return text;
}

// The summaries of all points; empty with the reason in `code`.
std::vector<Summary> simulate(const RunPlan& plan, const std::string& out, int& code) {
  RunOptions options;
  options.out = out;
  options.progress = false;
  if (plan.is_sweep) {
    SweepOutcome outcome = run_sweep(plan, options);
    code = outcome.exit_code;
    return code == kGood ? std::move(outcome.summaries) : std::vector<Summary>();
  }
  Issues issues;
  const auto outcome = run_scenario(plan.scenarios.front(), options, issues);
  std::fputs(issues.text().c_str(), stderr);
  code = !outcome ? kUserError : outcome->interrupted ? kInterrupted : kGood;
  return code == kGood ? std::vector<Summary>{outcome->summary} : std::vector<Summary>();
}

// Verdicts as text or JSON.
int report(const Paper& paper, const PaperSpec& spec, const std::vector<Verdict>& verdicts,
           bool json, std::string& output) {
  int code = kGood;
  bool known = false;
  std::string lines;
  std::string rows;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.met && !verdict.is_known()) code = kMissed;
    known = known || verdict.is_known();
    lines += "  " + verdict.line + "\n";
    rows += (rows.empty() ? "" : ", ") + json_row(verdict);
  }
  const char* word = code != kGood ? "missed" : known ? "known" : "met";
  output = json ? json_paper(paper, spec, word, rows) : text_head(paper, spec) + lines;
  return code;
}

// One with [attention].
int reproduce_attention(const Paper& paper, const Config& root, const ReproduceRequest& request,
                        std::string& output) {
  Issues issues;
  const auto scenario = read_attention_scenario(root, paper.file, issues);
  if (scenario && scenario->expects.empty()) {
    issues.error({paper.file, 0, 0}, "nothing to reproduce", "add an [[expect]]");
  }
  std::optional<AttentionOutcome> outcome;
  if (scenario && !issues.any_error()) {
    outcome = run_attention_scenario(*scenario, request.out, issues);
  }
  std::fputs(issues.text().c_str(), stderr);
  if (!outcome) return kUserError;
  return report(paper, scenario->paper.value_or(PaperSpec()),
                judge(scenario->expects, scenario->points, outcome->summaries), request.json,
                output);
}

int reproduce_one(const Paper& paper, const ReproduceRequest& request, std::string& output) {
  Issues unread;
  const auto root = read_toml(paper.file, unread);
  if (root && is_attention_scenario(*root)) {
    return reproduce_attention(paper, *root, request, output);
  }
  RunRequest run;
  run.file = paper.file;
  Issues issues;
  const auto plan = make_plan(run, issues);
  if (plan && plan->expects.empty()) {
    issues.error({paper.file, 0, 0}, "nothing to reproduce", "add an [[expect]]");
  }
  std::fputs(issues.text().c_str(), stderr);
  if (!plan || issues.any_error()) return kUserError;
  int code = kGood;
  const std::vector<Summary> summaries = simulate(*plan, request.out, code);
  if (code != kGood) return code;
  return report(paper, plan->scenarios.front().paper.value_or(PaperSpec()),
                judge(plan->expects, plan->points, summaries), request.json, output);
}

int guarded_one(const Paper& paper, const ReproduceRequest& request, std::string& output) {
  try {
    return reproduce_one(paper, request, output);
  } catch (const LawBroken& broken) {
    std::fprintf(stderr, "%s: error: %s\n", paper.file.c_str(), broken.what());
    return kBrokenLaw;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: error: %s\n", paper.file.c_str(), error.what());
    return kOutside;
  }
}

// A paper that failed to run says so among the others; its reason is on stderr.
std::string failed(const Paper& paper, bool json) {
  return json ? json_paper(paper, {}, "failed", "") : paper.name + ": FAILED to run\n";
}

// Once for all papers whose trace isn't there.
void say_where_data_lies(const std::vector<Paper>& papers) {
  for (const Paper& paper : papers) {
    const std::string hint = missing_data_hint(paper.needs);
    if (hint.empty()) continue;
    std::fprintf(stderr, "kvern: note: %s\n", hint.c_str());
    return;
  }
}

// A broken law weighs most, then other failures, then misses.
int worse(int a, int b) {
  const auto weight = [](int code) { return code == kGood ? 0 : code == kMissed ? 1 : 1 + code; };
  return weight(a) >= weight(b) ? a : b;
}

}  // namespace

std::string absent_input(const std::string& file, const Config& root) {
  if (const Config* attention = root.find("attention")) {
    const Config* model = attention->find("model");
    if (model == nullptr || model->kind != Config::Kind::Text) return "";
    std::error_code unreadable;
    return fs::exists(weights_path(model->text), unreadable)
               ? ""
               : fmt::format("the weights: kvern models get {}", model->text);
  }
  const Config* workload = root.find("workload");
  const Config* trace = workload != nullptr ? workload->find("trace") : nullptr;
  if (trace == nullptr || trace->kind != Config::Kind::Text) return "";
  std::error_code error;
  const fs::path path = named_path(trace->text, fs::path(file).parent_path());
  return fs::exists(path, error) ? "" : trace->text;
}

int reproduce_command(const ReproduceRequest& request) {
  Issues issues;
  const std::vector<Paper> papers = find_papers(request, issues);
  std::fputs(issues.text().c_str(), stderr);
  if (issues.any_error()) return kUserError;
  const auto results = run_children(papers.size(), [&](std::size_t i, std::string& output) {
    if (papers[i].needs.empty()) return guarded_one(papers[i], request, output);
    output = request.json ? json_paper(papers[i], {}, "needs", "")
                          : fmt::format("{}: needs {}\n", papers[i].name, papers[i].needs);
    return kGood;
  });
  int code = kGood;
  std::size_t met = 0;
  std::size_t known = 0;  // reproduced but for misses that their files mark as known
  std::size_t absent = 0;
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string& output = results[i].output;
    code = worse(code, results[i].exit_code);
    absent += !papers[i].needs.empty();
    const bool good = papers[i].needs.empty() && results[i].exit_code == kGood;
    const bool partly = good && output.find("\n  known ") != std::string::npos;
    met += good && !partly;
    known += partly;
    if (request.json) text += i == 0 ? "[\n  " : ",\n  ";
    text += output.empty() ? failed(papers[i], request.json) : output;
  }
  text += request.json ? results.empty() ? "[]\n" : "\n]\n"
                       : fmt::format(
                             "{} of {} reproduced, {} more but for known misses, {} without their "
                             "data\n",
                             met, papers.size() - absent, known, absent);
  std::fputs(text.c_str(), stdout);
  if (absent > 0) say_where_data_lies(papers);
  return interrupted() ? kInterrupted : code;
}

}  // namespace kvern
