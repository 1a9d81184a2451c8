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

// The policy that a wrapper wraps, or the policy itself: a budget is its.
template <class Table>
Table& innermost(Table& table) {
  for (auto& member : table.members) {
    if (member.key == "wrapped" && !member.value.members.empty()) return innermost(member.value);
  }
  return table;
}

// The budget among the policy's own keys.
std::optional<double> own_budget(const PolicySpec& spec) {
  Issues none;
  Parameters own(&innermost(spec.table), spec.path, none);
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
  Config::Member& member = innermost(spec.table).members.emplace_back();
  member.key = "budget";
  member.where = member.value.where = p.where("budget");
  member.value.kind = Config::Kind::Number;
  member.value.number = budget;
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
  kv.token_label = token_policy_label(spec.table);
  kv.token_budget = own_budget(spec).value_or(0);
  kv.token_eviction = std::move(spec);
}

std::string token_policy_label(const Config& table) {
  Issues none;
  KeyBook book;
  make_policy(token_eviction::table(), "token_eviction", table, "", none, &book);
  const Config* name = table.find("policy");
  std::vector<std::string> keys;
  for (const KeyEntry& entry : book) {
    const bool inner = !entry.table.empty();  // of what is wrapped: told with it
    if (inner || entry.key == "policy" || entry.key == "wrapped" || entry.key == "budget" ||
        entry.value == entry.default_value) {
      continue;
    }
    keys.push_back(fmt::format("{}={}", entry.key, entry.value));
  }
  std::sort(keys.begin(), keys.end());
  const Config* wrapped = table.find("wrapped");
  if (wrapped != nullptr) {
    const bool text = wrapped->kind == Config::Kind::Text;
    keys.insert(keys.begin(),
                token_policy_label(text ? parse_policy(wrapped->text, {}, none) : *wrapped));
  }
  return fmt::format("{}({})", name != nullptr ? name->text : "", fmt::join(keys, ", "));
}

}  // namespace kvern
