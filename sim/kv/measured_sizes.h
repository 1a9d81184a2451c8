// The sizes of a token policy in a serving run, from counts that the attention machine measured (a
// work profile): of a policy whose kept sets depend on data, and of one whose cache takes fewer
// bytes a token. Sizes are then in tokens of full width, which is what blocks and prices count.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/ports/token_sizes.h"

namespace kvern {

struct MeasuredCounts {
  // What stays, of the prompt or of the context, as `growth` says: a mean over layers, KV heads and
  // texts. Null: the policy knows its sizes.
  std::optional<double> share;
  TokenGrowth growth = TokenGrowth::Unknown;
  double bytes = 1;  // of a cached token, against one at full width
};

class MeasuredSizes final : public TokenSizes {
 public:
  // `policy` outlives this.
  MeasuredSizes(const TokenSizes& policy, const MeasuredCounts& counts)
      : policy_(&policy), counts_(counts) {}

  // Heads may differ.
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t) const override {
    return std::nullopt;
  }
  std::optional<TokenLine> resident_layer(const TokenBounds& bounds,
                                          std::uint32_t n) const override;
  std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const override;

 private:
  const TokenSizes* policy_;
  MeasuredCounts counts_;
};

}  // namespace kvern
