#include "sim/kv/residency.h"

#include <algorithm>
#include <utility>

namespace kvern {

namespace {

constexpr std::uint32_t kRemembered = 1U << 17;  // prompts of more tokens are worked out each time

std::optional<TokenLine> read_layer(const TokenSizes& policy, const TokenBounds& bounds,
                                    std::uint32_t n) {
  // Where heads differ in size no head selects, so all that is held is read.
  auto line = policy.read(bounds, n);
  if (!line) return policy.resident_layer(bounds, n);
  line->value *= bounds.kv_heads;
  line->slope *= bounds.kv_heads;
  return line;
}

}  // namespace

Residency::Residency(std::unique_ptr<TokenEviction> policy, const TokenLayer& layer,
                     std::unique_ptr<TokenSizes> measured)
    : policy_(std::move(policy)),
      measured_(std::move(measured)),
      sizes_(measured_ != nullptr ? measured_.get() : policy_.get()),
      layer_(layer),
      cells_(std::int64_t{layer.bounds.layers} * layer.bounds.kv_heads) {
  layer_.bounds.layer = 0;
}

bool Residency::knows_sizes(const TokenSizes& policy, const TokenLayer& layer) {
  return policy.resident_layer(layer.bounds, layer.bounds.prompt_tokens).has_value();
}

Residency::Sum Residency::held(std::uint32_t prompt, std::uint32_t n) const {
  Sum sum;
  TokenBounds bounds = layer_.bounds;
  bounds.prompt_tokens = bounds.tokens = prompt;
  for (; bounds.layer < bounds.layers; ++bounds.layer) {
    const TokenLine line = *sizes_->resident_layer(bounds, n);
    sum.value += line.value;
    sum.slope += line.slope;
    sum.steps = std::min(sum.steps, line.steps);
  }
  return sum;
}

Residency::Sum Residency::read(std::uint32_t prompt, std::uint32_t n) const {
  Sum sum;
  TokenBounds bounds = layer_.bounds;
  bounds.prompt_tokens = bounds.tokens = prompt;
  for (; bounds.layer < bounds.layers; ++bounds.layer) {
    const TokenLine line = *read_layer(*sizes_, bounds, n);
    sum.value += line.value;
    sum.slope += line.slope;
    sum.steps = std::min(sum.steps, line.steps);
  }
  return sum;
}

HeldRun Residency::make_run(std::uint32_t prompt, std::uint32_t n) {
  layer_.bounds.prompt_tokens = layer_.bounds.tokens = prompt;
  if (!policy_->refusal(layer_).empty()) return {n, 1, n, 1, HeldRun::kForever};
  const Sum held_now = held(prompt, n);
  const Sum read_now = read(prompt, n);
  HeldRun run;
  run.held = static_cast<std::uint32_t>(rounded_up(held_now.value));
  run.read = static_cast<std::uint32_t>((2 * read_now.value + cells_) / (2 * cells_));
  std::int64_t steps = HeldRun::kForever;
  // A mean that grows by a fraction of a token a step is rounded anew at each one.
  if (read_now.slope == 0 || read_now.slope == cells_) {
    run.read_growth = read_now.slope == 0 ? 0 : 1;
    steps = std::min(steps, read_now.steps);
  } else {
    steps = 1;
  }
  if (held_now.steps > 1 && (held_now.slope == 0 || held_now.slope == cells_)) {
    run.growth = held_now.slope == 0 ? 0 : 1;
    // The line speaks of contexts; the step beyond its last one is another line's.
    steps = std::min(steps, held_now.steps - 1);
  } else {
    run.growth = static_cast<std::int32_t>(rounded_up(held(prompt, n + 1).value) - run.held);
    steps = 1;
  }
  run.steps = static_cast<std::uint32_t>(steps);
  return run;
}

HeldRun Residency::from(std::uint32_t prompt, std::uint32_t n, std::uint32_t most) {
  HeldRun run;
  if (n == prompt && prompt < kRemembered) {
    if (prompt >= after_prompt_.size()) after_prompt_.resize(std::size_t{prompt} + 1);
    HeldRun& remembered = after_prompt_[prompt];
    if (remembered.steps == 0) remembered = make_run(prompt, n);
    run = remembered;
  } else {
    run = make_run(prompt, n);
  }
  run.steps = std::min(run.steps, most);
  return run;
}

}  // namespace kvern
