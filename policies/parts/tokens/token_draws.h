// Random numbers of token policies: counter-based, so that the order of evaluation never matters.
#pragma once

#include <cstdint>

#include "sim/base/exact_math.h"
#include "sim/base/random.h"

namespace kvern::token_eviction {

// h = mix(seed); for x in (layer, head, query, key): h = mix(h xor x); ((h >> 11) + 1/2) 2^-53.
inline double token_uniform(std::uint64_t seed, std::uint64_t layer, std::uint64_t head,
                            std::uint64_t query, std::uint64_t key) {
  std::uint64_t h = mix(seed);
  for (const std::uint64_t x : {layer, head, query, key}) h = mix(h ^ x);
  return to_uniform(h);
}

// Adding these to scores and taking the highest draws without replacement in proportion to
// exp(score).
inline double token_gumbel(std::uint64_t seed, std::uint64_t layer, std::uint64_t head,
                           std::uint64_t query, std::uint64_t key) {
  return -kvern::exact::log(-kvern::exact::log(token_uniform(seed, layer, head, query, key)));
}

}  // namespace kvern::token_eviction
