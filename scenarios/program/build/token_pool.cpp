#include "scenarios/program/build/token_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "policies/token_eviction.h"
#include "scenarios/program/read/policy_key.h"
#include "scenarios/program/read/token_policy.h"
#include "sim/kv/measured_sizes.h"
#include "sim/work_profile.h"

namespace kvern {
namespace {

// As the profile writes the policy of `label`; empty where it has none.
std::string name_in(const WorkProfile& profile, const std::string& label) {
  std::string last;
  const auto is_it = [&](const std::string& policy) {
    if (policy == last) return false;
    last = policy;
    Issues none;
    return token_policy_label(parse_policy(policy, {}, none)) == label;
  };
  for (const QualityRow& row : profile.quality) {
    if (is_it(row.policy)) return row.policy;
  }
  for (const WorkRow& row : profile.work) {
    if (is_it(row.policy)) return row.policy;
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

// The mean context of a row's steps: what is held by the policy that holds most, where one of the
// profile's keeps everything; else the middle of what the row may cover.
double mean_context(const WorkProfile& profile, const WorkRow& row) {
  const std::uint32_t first = std::max(row.context_first, row.prompt_tokens + 1);
  double most = 0;
  for (const WorkRow& other : profile.work) {
    if (other.domain == row.domain && other.context_first == row.context_first) {
      most = std::max(most, other.resident_tokens);
    }
  }
  const double middle = (double{1} * first + row.context_last) / 2;
  return most >= first && most <= row.context_last ? most : middle;
}

// What stays, of the prompt or of the context; null where the rows can't say.
std::optional<double> measured_share(const WorkProfile& profile,
                                     const std::vector<const WorkRow*>& rows, TokenGrowth growth) {
  double held = 0;
  double whole = 0;
  for (const WorkRow* row : rows) {
    const auto steps = static_cast<double>(row->steps);
    const double context = mean_context(profile, *row);
    const double later = context - row->prompt_tokens;
    const bool of_prompt = growth == TokenGrowth::ShareOfPrompt;
    held += steps * (row->resident_tokens - (of_prompt ? later : 0));
    whole += steps * (of_prompt ? row->prompt_tokens : context);
  }
  if (growth == TokenGrowth::Unknown || !(whole > 0)) return std::nullopt;
  return std::clamp(held / whole, 0.0, 1.0);
}

// Counts for a policy that can't know them; null with the reason.
std::optional<MeasuredCounts> counts_of(const PoolSpec& pool, TokenEviction& policy,
                                        const TokenLayer& layer, std::string& reason) {
  const bool known = Residency::knows_sizes(policy, layer);
  const std::string what = known ? "its cache takes other bytes than those of whole tokens"
                                 : "how much it keeps depends on the data";
  if (pool.kv.work_profile.empty()) {
    reason = what + ", so a serving run needs counts: name a work_profile that has them";
    return std::nullopt;
  }
  const WorkProfile profile = read_work_profile(pool.kv.work_profile);
  const auto rows = find_work(profile, name_in(profile, pool.kv.token_label), pool.kv.token_budget);
  if (rows.empty()) {
    reason = fmt::format("{}, and {} has no counts of it at budget {}", what, pool.kv.work_profile,
                         pool.kv.token_budget);
    return std::nullopt;
  }
  MeasuredCounts counts;
  if (!known) {
    counts.growth = policy.growth();
    counts.share = measured_share(profile, rows, counts.growth);
    if (!counts.share) {
      reason = what +
               ", and its sizes are in tokens, so that counts of one length say nothing of "
               "another: give it a budget";
      return std::nullopt;
    }
  }
  if (policy.storage() == nullptr) return counts;
  if (profile.kv_bits != static_cast<std::uint32_t>(layer.kv_bytes * 8)) {
    reason = fmt::format("{}, and {} counted them with numbers of {} bits, not {}", what,
                         pool.kv.work_profile, profile.kv_bits, layer.kv_bytes * 8);
    return std::nullopt;
  }
  // Of the longest contexts: the tokens that stay exact count least there.
  const WorkRow& longest = *rows.back();
  const double token_bytes = 2.0 * profile.head_dim * profile.kv_bits / 8;
  counts.bytes = longest.kv_bytes_read / (longest.read_tokens * token_bytes);
  return counts;
}

}  // namespace

std::optional<TokenPool> make_token_pool(const PoolSpec& pool, const Deployment& deployment,
                                         Issues& issues) {
  auto policy = make_again(token_eviction::table(), "token_eviction", *pool.kv.token_eviction);
  const TokenLayer layer = typical_layer(deployment);
  std::string reason = policy->refusal(layer);
  std::unique_ptr<TokenSizes> measured;
  if (reason.empty() && (!Residency::knows_sizes(*policy, layer) || policy->storage() != nullptr)) {
    if (const auto counts = counts_of(pool, *policy, layer, reason)) {
      measured = std::make_unique<MeasuredSizes>(*policy, *counts);
    }
  }
  if (!reason.empty()) {
    issues.error(pool.where, fmt::format("pool \"{}\": token_eviction {}: {}", pool.name,
                                         pool.kv.token_label, reason));
    return std::nullopt;
  }
  TokenPool made;
  made.upkeep = policy->upkeep(layer);
  made.residency = std::make_unique<Residency>(std::move(policy), layer, std::move(measured));
  return made;
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
  for (const WorkRow* row : find_work(profile, policy, pool.kv.token_budget)) {
    quality.longest_text = std::max(quality.longest_text, row->context_last);
  }
  return quality;
}

std::string beyond_texts(const PoolSpec& pool, const MeasuredQuality& quality,
                         std::uint32_t longest_prompt) {
  if (quality.longest_text == 0 || longest_prompt <= quality.longest_text) return {};
  return fmt::format(
      "pool \"{}\": the work profile {} was measured on texts of at most {} tokens, and prompts of "
      "this run reach {}: what it says of quality and counts is carried beyond what was measured",
      pool.name, pool.kv.work_profile, quality.longest_text, longest_prompt);
}

}  // namespace kvern
