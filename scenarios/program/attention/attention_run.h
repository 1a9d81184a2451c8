// A closed loop from texts to its work profile: what `kvern attention --model` and a scenario with
// [attention] share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/quality/token_quality.h"
#include "scenarios/program/attention/attention_texts.h"
#include "sim/ports/attention_control.h"
#include "sim/work_profile.h"

namespace kvern {

// Token policies by their texts, each checked by making it once.
std::vector<TokenPolicyMaker> token_policy_makers(const std::vector<std::string>& texts,
                                                  Issues& issues);
// The controller of a text, "off(heads=[3:0])"; null with issues where there is none, and for "".
std::unique_ptr<AttentionControl> make_attention_control(const std::string& text, Issues& issues);
// "h2o(heavy=3, budget=0.2)" is the policy "h2o(heavy=3)" under the budget .2.
PolicyName split_budget(const std::string& policy);
// The other way; nothing is added for a budget of 0.
std::string with_budget(const std::string& policy, double budget);

struct AttentionJob {
  std::string weights;  // of the model
  AttentionTexts texts;
  std::vector<std::string> policies;
  std::vector<TokenPolicyMaker> makers;
  ClosedOptions options;
  bool retrieval = false;
  std::uint64_t seed = 1;
  unsigned threads = 0;  // 0: as many as there are cores
};

struct AttentionAnswer {
  ClosedLoopResult closed;
  WorkProfile profile;
};

// Null with issues where a policy can't run. Throws OutsideError.
std::optional<AttentionAnswer> run_attention(const AttentionJob& job, Issues& issues);

}  // namespace kvern
