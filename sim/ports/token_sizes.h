// Port: how many tokens stay, and how many a step reads, known without looking at data? Asked by
// the serving machine, which has no attention to look at, and held against the attention machine's
// counts by the laws. Answered by every token policy (sim/ports/token_eviction.h), and by a work
// profile's measured counts where a policy's own depend on data (sim/kv/measured_sizes.h).
#pragma once

#include <cstdint>
#include <optional>

#include "sim/ports/token_layer.h"
#include "sim/token_upkeep.h"

namespace kvern {

// A size that grows by `slope` a step: exact for the contexts n, n+1 ... n+steps-1.
struct TokenLine {
  std::int64_t value = 0;
  std::int64_t slope = 0;
  std::int64_t steps = 1;
  friend bool operator==(const TokenLine&, const TokenLine&) = default;
};
inline constexpr std::int64_t kAlways = std::int64_t{1} << 40;

// How what stays goes on at lengths other than those measured, where data decide it.
enum class TokenGrowth : std::uint8_t {
  Unknown,         // sizes in tokens: nothing can be said
  ShareOfPrompt,   // of the prompt a share stays, of what comes later everything
  ShareOfContext,  // a share of all tokens so far
};

class TokenSizes {
 public:
  virtual ~TokenSizes() = default;
  // Tokens a KV head holds after the step that made the context n (n >= prompt_tokens, which is
  // after the prompt's eviction); null where that depends on data.
  virtual std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const = 0;
  // The sum over the layer's KV heads, where they differ.
  virtual std::optional<TokenLine> resident_layer(const TokenBounds& bounds,
                                                  std::uint32_t n) const {
    auto line = resident(bounds, n);
    if (!line) return line;
    line->value *= bounds.kv_heads;
    line->slope *= bounds.kv_heads;
    return line;
  }
  // Cached tokens that a query head reads in the step of the token n+1, itself not among them.
  virtual std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const {
    return resident(bounds, n);
  }
  // What the policy does itself in a decode step, for a KV head of such a layer.
  virtual TokenUpkeep upkeep(const TokenLayer&) const { return {}; }
  // Asked only where resident_layer() depends on data.
  virtual TokenGrowth growth() const { return TokenGrowth::Unknown; }
};

}  // namespace kvern
