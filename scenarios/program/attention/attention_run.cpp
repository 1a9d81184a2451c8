#include "scenarios/program/attention/attention_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "analysis/quality/attention_profile.h"
#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "policies/attention.h"
#include "policies/token_eviction.h"
#include "scenarios/program/read/policy_file.h"
#include "scenarios/program/terminal/signals.h"
#include "traces/describe/retrieval_texts.h"

namespace kvern {
namespace {

class Session {
 public:
  Session(const AttentionJob& job, const std::vector<RetrievalText>& needles,
          const std::vector<RetrievalText>& pairs)
      : job_(job),
        pool_(job.threads, job.options.interrupt),
        model_(load_transformer(job.weights, pool_)),
        rotary_(model_->shape().rope_theta, model_->shape().head_dim,
                longest(job, needles, pairs)) {
    for (const std::string& policy : job.policies) names_.push_back(split_budget(policy));
  }

  const LanguageModelShape& shape() const { return model_->shape(); }
  const std::vector<PolicyName>& names() const { return names_; }

  bool accepts(Issues& issues) const {
    for (const ClosedText& text : job_.texts.texts) {
      const auto most = std::max_element(text.ids.begin(), text.ids.end());
      if (*most < 0 || static_cast<std::uint32_t>(*most) >= shape().vocabulary) {
        issues.error({job_.weights, 0, 0},
                     fmt::format("text {} has token {}, the vocabulary {} tokens", text.number,
                                 *most, shape().vocabulary));
        return false;
      }
    }
    const std::string refusal = closed_loop_refusal(shape(), job_.options.control, job_.texts.texts,
                                                    job_.makers, job_.policies);
    if (!refusal.empty()) issues.error({"--policy", 0, 0}, refusal);
    return refusal.empty();
  }

  ClosedLoopResult run(const std::vector<ClosedText>& texts, bool measure, const char* what) {
    ClosedLoop loop{*model_, pool_, rotary_, causal_attention, job_.options, {}};
    loop.options.measure = measure;
    const bool terminal = isatty(STDERR_FILENO) == 1;
    loop.progress = [what, terminal](std::size_t done, std::size_t all) {
      say_progress(fmt::format("{}: {} of {} runs", what, done, all));
      if (terminal) std::fprintf(stderr, "kvern: %s: %zu of %zu runs\n", what, done, all);
    };
    return run_closed_loop(loop, texts, job_.makers);
  }

  void add_retrieval(const char* group, std::vector<RetrievalText> asked, WorkProfile& profile) {
    if (asked.empty()) return;
    std::vector<ClosedText> texts;
    std::vector<std::vector<std::uint32_t>> answers;
    for (RetrievalText& each : asked) {
      texts.push_back(std::move(each.text));
      answers.push_back(std::move(each.answers));
    }
    const ClosedLoopResult result = run(texts, false, group);
    const std::vector<TextTags> tags(texts.size());
    const auto rows = retrieval_rows(
        {texts, tags, result.sequences, job_.texts.counts, names_, job_.seed}, group, answers);
    profile.quality.insert(profile.quality.end(), rows.begin(), rows.end());
  }

 private:
  static std::uint32_t longest(const AttentionJob& job, const std::vector<RetrievalText>& needles,
                               const std::vector<RetrievalText>& pairs) {
    std::uint32_t most = 1;
    for (const ClosedText& text : job.texts.texts) most = std::max(most, text.tokens());
    for (const auto* asked : {&needles, &pairs}) {
      for (const RetrievalText& each : *asked) most = std::max(most, each.text.tokens());
    }
    return most;
  }

  const AttentionJob& job_;
  WorkerPool pool_;
  std::unique_ptr<LanguageModel> model_;
  Rotary rotary_;
  std::vector<PolicyName> names_;
};

WorkProfile profile_of(const AttentionJob& job, const Session& session,
                       const ClosedLoopResult& closed) {
  WorkProfile profile;
  const LanguageModelShape& shape = session.shape();
  profile.model = shape.name;
  profile.layers = shape.layers;
  profile.heads = shape.heads;
  profile.kv_heads = shape.kv_heads;
  profile.head_dim = shape.head_dim;
  profile.kv_bits = static_cast<std::uint32_t>(job.options.kv_bytes * 8);
  profile.closed_loop = true;
  profile.source = job.texts.source;
  std::vector<std::uint32_t> prompts;
  for (const ClosedText& text : job.texts.texts) prompts.push_back(text.prompt_tokens);
  profile.work = work_rows(
      {job.texts.tags, prompts, session.names(), closed.replay.sequences, &closed.sequences});
  profile.quality = quality_rows({job.texts.texts, job.texts.tags, closed.sequences,
                                  job.texts.counts, session.names(), job.seed});
  return profile;
}

}  // namespace

std::vector<TokenPolicyMaker> token_policy_makers(const std::vector<std::string>& texts,
                                                  Issues& issues) {
  std::vector<TokenPolicyMaker> makers;
  for (const std::string& text : texts) {
    const Location where{fmt::format("--policy {}", text), 0, 0};
    const Config spec = parse_policy(text, where, issues);
    const auto made =
        make_policy(token_eviction::table(), "token_eviction", spec, "policy", issues);
    // Shared by the copies of the maker, whose policies read it as long as they live.
    std::shared_ptr<const PolicyFile> file;
    const TokenTraining* training = made != nullptr ? made->training() : nullptr;
    if (training != nullptr && !training->file().empty()) {
      file = read_policy_file(training->file(), where, issues);
    }
    makers.emplace_back([spec, file] {
      Issues none;
      auto policy = make_policy(token_eviction::table(), "token_eviction", spec, "policy", none);
      if (policy != nullptr && file != nullptr) policy->training()->learn(*file);
      return policy;
    });
  }
  return makers;
}

std::unique_ptr<AttentionControl> make_attention_control(const std::string& text, Issues& issues) {
  if (text.empty()) return nullptr;
  const Config spec = parse_policy(text, {"--control " + text, 0, 0}, issues);
  return make_policy(attention::table(), "attention", spec, "control", issues);
}

PolicyName split_budget(const std::string& policy) {
  PolicyName name;
  name.policy = policy;
  name.policy.erase(std::remove(name.policy.begin(), name.policy.end(), ' '), name.policy.end());
  const auto without_empty_brackets = [&name] {
    const std::size_t empty = name.policy.find("()");
    if (empty != std::string::npos) name.policy.erase(empty, 2);
    return name;
  };
  const std::size_t open = name.policy.find('(');
  const std::size_t at = name.policy.find("budget=");
  if (open == std::string::npos || at == std::string::npos) return without_empty_brackets();
  const std::size_t end = name.policy.find_first_of(",)", at);
  const std::string value = name.policy.substr(at + 7, end - at - 7);
  name.budget = std::strtod(value.c_str(), nullptr);
  if (value.ends_with('%')) name.budget /= 100;
  // The comma before goes with it, or else the one behind.
  const bool first = name.policy[at - 1] == '(';
  const bool last = end == std::string::npos || name.policy[end] == ')';
  const std::size_t from = first ? at : at - 1;
  name.policy.erase(from, (first && !last ? end + 1 : end) - from);
  return without_empty_brackets();
}

std::string with_budget(const std::string& policy, double budget) {
  if (budget == 0) return policy;
  Issues told_later;
  const Config spec = parse_policy(policy, {"", 1, 1}, told_later);
  if (spec.members.empty()) return policy;
  // A wrapper's budget is that of what it wraps.
  const Config* innermost = &spec;
  while (const Config* wrapped = innermost->find("wrapped")) innermost = wrapped;
  const Config* name = innermost->find("policy");
  if (name == nullptr) return policy;
  const std::size_t end = static_cast<std::size_t>(name->where.column) - 1 + name->text.size();
  const std::size_t open = policy.find_first_not_of(' ', end);
  if (open == std::string::npos || policy[open] != '(') {
    return policy.substr(0, end) + fmt::format("(budget={})", budget) + policy.substr(end);
  }
  const bool empty = policy[policy.find_first_not_of(' ', open + 1)] == ')';
  return policy.substr(0, open + 1) + fmt::format("budget={}{}", budget, empty ? "" : ", ") +
         policy.substr(open + 1);
}

std::optional<AttentionAnswer> run_attention(const AttentionJob& job, Issues& issues) {
  std::vector<RetrievalText> needles;
  std::vector<RetrievalText> pairs;
  if (job.retrieval) {
    needles = needle_texts(job.texts.texts, job.seed);
    pairs = key_value_texts(job.texts.texts, job.seed);
  }
  Session session(job, needles, pairs);
  if (!session.accepts(issues)) return std::nullopt;
  AttentionAnswer answer;
  answer.closed = session.run(job.texts.texts, job.options.measure, "texts");
  answer.profile = profile_of(job, session, answer.closed);
  session.add_retrieval("needle", std::move(needles), answer.profile);
  session.add_retrieval("key_value", std::move(pairs), answer.profile);
  return answer;
}

}  // namespace kvern
