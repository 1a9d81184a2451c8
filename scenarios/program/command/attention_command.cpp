#include "scenarios/program/command/attention_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "scenarios/program/attention/attention_report.h"
#include "scenarios/program/attention/attention_rows.h"
#include "scenarios/program/attention/attention_run.h"
#include "scenarios/program/read/model_files.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/io/output_file.h"

namespace kvern {
namespace {

std::optional<AttentionForm> read_form(const std::string& word, Issues& issues) {
  std::vector<std::string> known;
  for (const AttentionForm form : {AttentionForm::Softmax, AttentionForm::Softmax1,
                                   AttentionForm::Relu, AttentionForm::Linear}) {
    if (word == attention_form_name(form)) return form;
    known.emplace_back(attention_form_name(form));
  }
  issues.error({"--form", 0, 0}, fmt::format("unknown form of attention \"{}\"", word),
               did_you_mean(word, known));
  return std::nullopt;
}

// Bytes of a number in the cache.
std::optional<double> read_dtype(const std::string& word, Issues& issues) {
  if (word == "f32") return 4;
  if (word == "f16" || word == "bf16") return 2;
  if (word == "f8") return 1;
  issues.error({"--kv-dtype", 0, 0}, fmt::format("unknown type \"{}\"", word),
               "f32, f16, bf16 or f8");
  return std::nullopt;
}

using Rows = std::string (*)(const AttentionReport&, const AttentionTexts&);

std::string head_rows(const AttentionReport& report, const AttentionTexts&) {
  return attention_json(report);
}

std::string table(const AttentionReport& report, const AttentionTexts&) {
  return attention_table(report);
}

// What is printed.
Rows read_rows(const AttentionRequest& request, Issues& issues) {
  if (!request.rows.empty() && !request.json) {
    issues.error({"--rows", 0, 0}, "only --json prints rows", "add --json");
  }
  if (request.rows == "steps") return attention_step_rows;
  if (request.rows == "groups") return attention_group_rows;
  if (!request.rows.empty() && request.rows != "heads") {
    issues.error({"--rows", 0, 0}, fmt::format("there are no rows by \"{}\"", request.rows),
                 did_you_mean(request.rows, {"heads", "steps", "groups"}));
  }
  return request.json ? head_rows : table;
}

int print_issues(const Issues& issues) {
  std::fputs(issues.text().c_str(), stderr);
  return kUserError;
}

// What belongs to the other loop, or is missing for this one.
void check_loop(const AttentionRequest& request, Issues& issues) {
  const Location where{"kvern attention", 0, 0};
  if (request.policies.empty()) {
    issues.error(where, "no policy", "add --policy full, or several");
  }
  if (request.model.empty()) {
    if (request.recording.empty()) {
      issues.error(where, "nothing to replay", "a recording, or --model and --text FILE ...");
    }
    const std::pair<const char*, bool> given[] = {{"--text", !request.texts.empty()},
                                                  {"--tag", !request.tags.empty()},
                                                  {"--profile", !request.profile.empty()},
                                                  {"--retrieval", request.retrieval},
                                                  {"--quality-only", request.quality_only}};
    for (const auto& [option, there] : given) {
      if (there) issues.error({option, 0, 0}, "needs a model", "--model smollm2-135m");
    }
    return;
  }
  if (!request.control.empty() && !request.profile.empty()) {
    issues.error({"--control", 0, 0}, "a work profile is of token policies alone",
                 "leave --profile or --control out");
  }
  if (request.texts.empty() == request.recording.empty()) {
    issues.error(where, "--model needs either --text FILE ... or a recording, for its tokens");
  }
  if (request.form != "softmax") {
    issues.error({"--form", 0, 0}, "a model in the loop attends as it was trained: by softmax",
                 "a recording takes any form");
  }
  if (request.length < 2 || request.prompt >= request.length || request.sequences == 0) {
    issues.error({"--length", 0, 0}, "a sequence holds its prompt and at least one token");
  }
}

int open_loop(const AttentionRequest& request, const ReplayOptions& options,
              const std::vector<TokenPolicyMaker>& makers, Rows print) {
  Issues issues;
  const Recording recording(request.recording);
  const std::string refusal = open_loop_refusal(recording, makers, request.policies, options);
  if (!refusal.empty()) {
    issues.error({request.recording, 0, 0}, refusal);
    return print_issues(issues);
  }
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const OpenLoopResult result =
      replay_recording(recording, makers, options, request.threads > 0 ? request.threads : cores);
  std::fputs(print({request.policies, result}, texts_of_recording(recording)).c_str(), stdout);
  return kGood;
}

int closed_loop(const AttentionRequest& request, const ReplayOptions& options,
                std::vector<TokenPolicyMaker> makers, Rows print, Issues& issues) {
  AttentionJob job;
  job.weights = existing_weights(request.model, issues);
  const std::vector<TextFile> files = tagged_files(request.texts, request.tags, issues);
  if (issues.any_error()) return print_issues(issues);
  std::optional<AttentionTexts> texts;
  if (request.texts.empty()) {
    texts = texts_of_recording(Recording(request.recording, true));
  } else {
    texts = texts_of_files(job.weights, files, {request.length, request.prompt, request.sequences});
  }
  if (!texts) return kUserError;
  job.texts = std::move(*texts);
  job.policies = request.policies;
  job.makers = std::move(makers);
  job.options = {options.kv_bytes, !request.quality_only, options.seed, options.interrupt,
                 options.control};
  job.retrieval = request.retrieval;
  job.threads = request.threads;
  const auto answer = run_attention(job, issues);
  if (!answer) return print_issues(issues);
  const AttentionReport report{request.policies, answer->closed.replay, &answer->closed,
                               &answer->profile};
  std::fputs(print(report, job.texts).c_str(), stdout);
  if (!request.profile.empty()) {
    write_work_profile(answer->profile, request.profile);
    std::fprintf(stderr, "kvern: wrote %s\n", request.profile.c_str());
  }
  return kGood;
}

}  // namespace

int attention_command(const AttentionRequest& request) {
  Issues issues;
  ReplayOptions options;
  options.form = read_form(request.form, issues).value_or(AttentionForm::Softmax);
  options.kv_bytes = read_dtype(request.kv_dtype, issues).value_or(2);
  options.interrupt = Interrupt(interrupted());
  const auto control = make_attention_control(request.control, issues);
  options.control = control.get();
  auto makers = token_policy_makers(request.policies, issues);
  check_loop(request, issues);
  const Rows print = read_rows(request, issues);
  std::error_code unreadable;
  if (!request.recording.empty() &&
      !std::filesystem::is_regular_file(request.recording, unreadable)) {
    issues.error({request.recording, 0, 0}, "can't read this recording");
  }
  // Told now, not after hours of work.
  if (!request.profile.empty()) OutputFile(request.profile, "work profile");
  if (!request.model.empty())
    return closed_loop(request, options, std::move(makers), print, issues);
  if (issues.any_error()) return print_issues(issues);
  return open_loop(request, options, makers, print);
}

}  // namespace kvern
