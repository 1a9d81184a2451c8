// constant: every request alike.
#include "traces/lengths.h"

namespace kvern::lengths::constant {

std::unique_ptr<Lengths> make(Parameters& p) {
  constexpr Range kTokens{1, 1e8};
  const auto prompt = p.require<std::int64_t>("prompt", "prompt tokens", kTokens);
  const auto output = p.require<std::int64_t>("output", "output tokens", kTokens);
  return std::make_unique<Lengths>(Distribution::constant(static_cast<double>(prompt)),
                                   Distribution::constant(static_cast<double>(output)), 0);
}

}  // namespace kvern::lengths::constant
