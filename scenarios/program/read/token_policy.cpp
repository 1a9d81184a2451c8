#include "scenarios/program/read/token_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "policies/token_eviction.h"
#include "scenarios/program/read/policy_key.h"
#include "scenarios/program/read/scenario_reader.h"
#include "sim/base/config/toml_text.h"
#include "sim/work_profile.h"

namespace kvern {
namespace {

constexpr Range kBudget{1e-6, 1};

bool is_dense(const PolicySpec& spec) {
  const auto policy = make_again(token_eviction::table(), "token_eviction", spec);
  return policy != nullptr && !policy->evicts();
}

// The budget among the policy's own keys.
std::optional<double> own_budget(const PolicySpec& spec) {
  Issues none;
  Parameters own(&spec.table, spec.path, none);
  const auto budget = own.find<Share>("budget", "", kBudget);
  return budget ? std::optional(budget->value) : std::nullopt;
}

// A pool's budget becomes the policy's, which checks it against its other keys.
void give_budget(Parameters& p, double budget, PolicySpec& spec) {
  const auto own = own_budget(spec);
  if (own && *own != budget) {
    p.error("budget", "the token policy has a budget of its own", "leave one of them out");
  }
  // Dense attention keeps everything, whatever the budget of those it is compared with.
  if (own || is_dense(spec) || spec.table.members.empty()) return;
  Config::Member& member = spec.table.members.emplace_back();
  member.key = "budget";
  member.where = member.value.where = p.where("budget");
  member.value.kind = Config::Kind::Number;
  member.value.number = budget;
}

// The name and the keys that are not at their defaults, in order of name, whoever wrote them; its
// budget apart.
std::string label_of(const Config& table) {
  Issues none;
  KeyBook book;
  make_policy(token_eviction::table(), "token_eviction", table, "", none, &book);
  const Config* name = table.find("policy");
  std::vector<std::string> keys;
  for (const KeyEntry& entry : book) {
    if (entry.key == "policy" || entry.key == "budget" || entry.value == entry.default_value) {
      continue;
    }
    keys.push_back(fmt::format("{}={}", entry.key, entry.value));
  }
  std::sort(keys.begin(), keys.end());
  return fmt::format("{}({})", name != nullptr ? name->text : "", fmt::join(keys, ", "));
}

// As the profile writes the policy of `label`; empty where it has none.
std::string name_in(const WorkProfile& profile, const std::string& label) {
  std::string last;
  for (const QualityRow& row : profile.quality) {
    if (row.policy == last) continue;
    last = row.policy;
    Issues none;
    if (label_of(parse_policy(last, {}, none)) == label) return last;
  }
  return {};
}

// A layer of the deployment's model, of a prompt as long as any: what refusals and bytes go by.
TokenLayer typical_layer(const Deployment& deployment) {
  static constexpr std::uint8_t kOrdinary[] = {0};
  static constexpr std::uint32_t kLongPrompt = 1 << 20;
  TokenLayer layer;
  layer.bounds.prompt_tokens = layer.bounds.tokens = kLongPrompt;
  layer.rope_theta = 10'000;  // a model at work knows its own positions
  layer.kv_bytes = deployment.kv_bytes_per_value;
  layer.token_class = kOrdinary;
  if (deployment.model == nullptr) return layer;
  const LlmSpec& model = *deployment.model;
  layer.bounds.layers = model.layers;
  layer.bounds.kv_heads = layer.vectors.kv_heads = model.kv_heads;
  layer.vectors.heads = model.heads;
  layer.vectors.dim = model.head_dim;
  layer.group = model.heads / model.kv_heads;
  return layer;
}

// Why a serving run can't have the policy; empty when it can.
std::string refusal_of(const TokenEviction& policy, const Deployment& deployment) {
  const TokenLayer layer = typical_layer(deployment);
  std::string reason = policy.refusal(layer);
  if (!reason.empty()) return reason;
  if (!Residency::knows_sizes(policy, layer)) {
    return "how much it keeps depends on the data, which a serving run does not have";
  }
  return {};
}

}  // namespace

void read_token_policy(Parameters& p, const std::string& file, KvSpec& kv) {
  const auto budget = p.find<Share>(
      "budget", "share of the prompt that the token policy keeps; needs token_eviction", kBudget);
  PolicySpec spec{
      p.policy("token_eviction", "", "which tokens of a sequence stay in the cache; absent: all"),
      p.path() + ".token_eviction"};
  const auto profile = p.find<std::string>(
      "work_profile", "quality of token policies, as measured; absent: unknown");
  const std::size_t noted = p.book() == nullptr ? 0 : p.book()->size();
  if (!p.has("token_eviction")) {
    const char* hint = "token_eviction = \"full\" is dense attention";
    if (budget) p.error("budget", "there is no token_eviction to give it to");
    if (profile) p.error("work_profile", "there is no token_eviction to look up in it", hint);
    return;
  }
  if (profile) {
    kv.work_profile = path_beside(p, "work_profile", *profile, file);
    if (p.book() != nullptr) {
      (*p.book())[noted - 1].value = toml_text(std::string_view(kv.work_profile));
    }
    std::error_code error;
    if (!std::filesystem::exists(kv.work_profile, error)) {
      p.error("work_profile", fmt::format("there is no file {}", kv.work_profile),
              "kvern attention --profile writes one");
    }
  }
  if (budget) give_budget(p, budget->value, spec);
  const auto policy = make_policy(token_eviction::table(), "token_eviction", spec.table, spec.path,
                                  p.issues(), p.book());
  if (policy == nullptr) return;
  if (kv.prefix_cache) {
    p.error("token_eviction", "token_eviction needs prefix_cache = false",
            "blocks that lost tokens are no prefix of another request");
  }
  if (policy->clairvoyant()) {
    p.error("token_eviction", "it looks at attention that is still to come, which no server knows");
  }
  kv.token_label = label_of(spec.table);
  kv.token_budget = own_budget(spec).value_or(0);
  kv.token_eviction = std::move(spec);
}

std::unique_ptr<TokenEviction> make_token_policy(const PoolSpec& pool, const Deployment& deployment,
                                                 Issues& issues) {
  auto policy = make_again(token_eviction::table(), "token_eviction", *pool.kv.token_eviction);
  std::string reason = refusal_of(*policy, deployment);
  if (reason.empty() && pool.kv.token_eviction->table.find("wrapped") != nullptr) {
    reason = "it changes the bytes of the wrapped policy's tokens; say that with dtype";
  }
  if (reason.empty()) return policy;
  issues.error(pool.where, fmt::format("pool \"{}\": token_eviction {}: {}", pool.name,
                                       pool.kv.token_label, reason));
  return nullptr;
}

std::unique_ptr<Residency> make_residency(std::unique_ptr<TokenEviction> policy,
                                          const Deployment& deployment) {
  return std::make_unique<Residency>(std::move(policy), typical_layer(deployment));
}

TokenUpkeep upkeep_of(const TokenEviction& policy, const Deployment& deployment) {
  return policy.upkeep(typical_layer(deployment));
}

std::optional<MeasuredQuality> measured_quality(const PoolSpec& pool, Issues& issues) {
  if (pool.kv.work_profile.empty()) return std::nullopt;
  const WorkProfile profile = read_work_profile(pool.kv.work_profile);
  const std::string policy = name_in(profile, pool.kv.token_label);
  const QualityRow* all = find_quality(profile, policy, pool.kv.token_budget);
  if (all == nullptr) {
    issues.warning(pool.where,
                   fmt::format("pool \"{}\": {} knows no quality of {} at budget {}", pool.name,
                               pool.kv.work_profile, pool.kv.token_label, pool.kv.token_budget));
    return std::nullopt;
  }
  MeasuredQuality quality;
  quality.model = profile.model;
  if (!std::isnan(all->nll)) quality.perplexity = perplexity(all->nll);
  const QualityRow* worst = worst_group(profile, policy, pool.kv.token_budget);
  if (worst != nullptr) quality.worst_group_increase = worst->increase_share;
  return quality;
}

}  // namespace kvern
