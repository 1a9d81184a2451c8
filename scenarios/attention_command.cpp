#include "scenarios/attention_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "policies/tokens.h"
#include "scenarios/attention_report.h"
#include "scenarios/exit_codes.h"
#include "sim/attention/open_loop.h"

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

// Makes each policy once, so that its keys are checked; fresh ones come from the makers.
std::vector<TokenPolicyMaker> read_policies(const std::vector<std::string>& texts, Issues& issues) {
  std::vector<TokenPolicyMaker> makers;
  for (const std::string& text : texts) {
    const Location where{fmt::format("--policy {}", text), 0, 0};
    const Config spec = parse_policy(text, where, issues);
    make_policy(tokens::table(), "token_eviction", spec, "policy", issues);
    makers.emplace_back([spec] {
      Issues none;
      return make_policy(tokens::table(), "token_eviction", spec, "policy", none);
    });
  }
  if (texts.empty()) {
    issues.error({"kvern attention", 0, 0}, "no policy", "add --policy full, or several");
  }
  return makers;
}

int print_issues(const Issues& issues) {
  std::fputs(issues.text().c_str(), stderr);
  return kUserError;
}

}  // namespace

int attention_command(const AttentionRequest& request) {
  Issues issues;
  ReplayOptions options;
  options.form = read_form(request.form, issues).value_or(AttentionForm::Softmax);
  options.kv_bytes = read_dtype(request.kv_dtype, issues).value_or(2);
  const auto makers = read_policies(request.policies, issues);
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(request.recording, unreadable)) {
    issues.error({request.recording, 0, 0}, "can't read this recording");
  }
  if (issues.any_error()) return print_issues(issues);
  const Recording recording(request.recording);
  const std::string refusal = open_loop_refusal(recording, makers, request.policies, options.form);
  if (!refusal.empty()) issues.error({request.recording, 0, 0}, refusal);
  if (issues.any_error()) return print_issues(issues);
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const OpenLoopResult result =
      replay_recording(recording, makers, options, request.threads > 0 ? request.threads : cores);
  const AttentionReport report{recording, request.policies, result};
  std::fputs((request.json ? attention_json(report) : attention_table(report)).c_str(), stdout);
  return kGood;
}

}  // namespace kvern
