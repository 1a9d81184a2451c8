// exponential: memoryless lengths (M/M/1 and its kin), rounded to the nearest token, at least 1.
#include "traces/lengths.h"

namespace kvern::lengths::exponential {

std::unique_ptr<Lengths> make(Parameters& p) {
  constexpr Range kTokens{1, 1e8};
  const double prompt = p.require<double>("prompt", "mean prompt tokens before rounding", kTokens);
  const double output = p.require<double>("output", "mean output tokens before rounding", kTokens);
  return make_lengths(p, Distribution::exponential(prompt), Distribution::exponential(output), 0);
}

}  // namespace kvern::lengths::exponential
