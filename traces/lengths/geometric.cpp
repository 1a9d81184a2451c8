// geometric: memoryless lengths on 1, 2, 3 ... tokens with exact means.
#include "traces/lengths.h"

namespace kvern::lengths::geometric {

std::unique_ptr<Lengths> make(Parameters& p) {
  constexpr Range kTokens{1, 1e8};
  const double prompt = p.require<double>("prompt", "mean prompt tokens", kTokens);
  const double output = p.require<double>("output", "mean output tokens", kTokens);
  return make_lengths(p, Distribution::geometric(prompt), Distribution::geometric(output), 0);
}

}  // namespace kvern::lengths::geometric
