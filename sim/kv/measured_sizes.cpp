#include "sim/kv/measured_sizes.h"

#include <algorithm>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

// A number that is no line of whole tokens holds for one step.
TokenLine for_one_step(double tokens, std::int64_t most) {
  const auto whole = static_cast<std::int64_t>(exact::nearest_whole(tokens));
  return {std::clamp<std::int64_t>(whole, 1, most), 0, 1};
}

}  // namespace

std::optional<TokenLine> MeasuredSizes::resident_layer(const TokenBounds& bounds,
                                                       std::uint32_t n) const {
  const std::int64_t heads = bounds.kv_heads;
  const std::int64_t most = heads * n;
  TokenLine line;
  if (!counts_.share) {
    const auto known = policy_->resident_layer(bounds, n);
    if (!known) return known;
    line = *known;
  } else if (counts_.growth == TokenGrowth::ShareOfPrompt) {
    const double prompt = *counts_.share * static_cast<double>(heads) * bounds.prompt_tokens;
    line = for_one_step(prompt, heads * bounds.prompt_tokens);
    line = {line.value + heads * (std::int64_t{n} - bounds.prompt_tokens), heads, kAlways};
  } else {
    line = for_one_step(*counts_.share * static_cast<double>(most), most);
  }
  return counts_.bytes == 1 ? line
                            : for_one_step(counts_.bytes * static_cast<double>(line.value), most);
}

std::optional<TokenLine> MeasuredSizes::read(const TokenBounds& bounds, std::uint32_t n) const {
  // Where data decide what stays, all of it is read.
  if (counts_.share) return std::nullopt;
  const auto known = policy_->read(bounds, n);
  if (!known || counts_.bytes == 1) return known;
  return for_one_step(counts_.bytes * static_cast<double>(known->value), n);
}

}  // namespace kvern
