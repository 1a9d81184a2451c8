#include "policies/parts/requests/preemption_key.h"

namespace kvern {

std::unique_ptr<Preemption> read_preemption(Parameters& p) {
  const char* const key = "preemption";
  const Config spec = p.policy(key, preemption::kUsual, "who stops when blocks are short");
  const Config* name = spec.find("policy");
  if (name != nullptr && name->text == "swap") {
    p.error(key, "swapping a victim's blocks out of GPU memory is not built yet",
            "take a rule that computes them again: recompute is the engine's own");
    return nullptr;
  }
  auto rule =
      make_policy(preemption::table(), key, spec, p.path() + "." + key, p.issues(), p.book());
  if (rule == nullptr) return nullptr;
  // Asked where there is nowhere to swap to, and blocks are dear: who swaps then always does.
  if (rule->victims() == Victims::Asked && rule->how(kSecond, kNever, 1) == PreemptBy::Swap) {
    p.error(key, "this rule swaps, which is not built yet", "take a rule that computes again");
    return nullptr;
  }
  return rule;
}

std::string refusal(const Preemption& rule, const PoolLimits& limits) {
  if (rule.victims() != Victims::Asked || !limits.tiers) return {};
  return "a preemption rule other than the engine's own, over tiers, is not built yet";
}

}  // namespace kvern
