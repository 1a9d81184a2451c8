#include "scenarios/program/command/cache_candidates.h"

#include <algorithm>

#include "policies/eviction.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

// Those that see the future, or have room for everything.
bool is_bound(const Eviction& policy) { return policy.clairvoyant() || policy.unbounded(); }

std::vector<CacheCandidate> catalogue() {
  std::vector<CacheCandidate> policies;
  for (const auto& entry : eviction::table()) {
    Issues needs_more;
    const Config spec = parse_policy(entry.name, {}, needs_more);
    const auto policy = make_policy(eviction::table(), "eviction", spec, "eviction", needs_more);
    if (needs_more.any_error()) continue;
    policies.push_back({entry.name, spec, is_bound(*policy)});
  }
  std::stable_partition(policies.begin(), policies.end(),
                        [](const CacheCandidate& each) { return !each.clairvoyant; });
  return policies;
}

}  // namespace

std::vector<CacheCandidate> cache_candidates(std::string_view text, Issues& issues) {
  if (text == "all") return catalogue();
  std::vector<CacheCandidate> policies;
  const Location where{"--policies", 0, 0};
  for (const std::string_view item : split_values(text)) {
    const Config value = read_toml_value(item, where);
    CacheCandidate each{value.text, {}, false};
    each.spec = parse_policy(each.name, where, issues);
    const auto policy = make_policy(eviction::table(), "eviction", each.spec, "eviction", issues);
    if (policy != nullptr) each.clairvoyant = is_bound(*policy);
    policies.push_back(std::move(each));
  }
  return policies;
}

}  // namespace kvern
