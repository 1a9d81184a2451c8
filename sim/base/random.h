// Random draws from named, counter-based streams: changing what one part draws leaves every other
// part's draws alone, and the same seed gives the same bits on any machine.
//
//   h = mix(mix(seed) xor fnv1a64(part)),   u_k = ((mix(h xor k) >> 11) + 1/2) 2^-53,  k = 0, 1,
//   ...
//
// where `part` is the key path of what draws ("workload.arrivals"). Samplers below use only
// sim/base/exact_math. How many draws each takes is part of its contract.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kvern {

// One step of SplitMix64 (Steele, Lea, Flood 2014), started at x.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

// 64 random bits as a number strictly between 0 and 1.
constexpr double to_uniform(std::uint64_t bits) {
  const double u = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  return u < 1 ? u : 1 - 0x1p-53;  // the largest would round up to 1
}

class Stream {
 public:
  Stream(std::uint64_t seed, std::string_view part) : hash_(mix(mix(seed) ^ fnv1a64(part))) {}
  // A stream of this one's own by number (a session's), whatever this one has drawn.
  Stream child(std::uint64_t number) const;

  std::uint64_t bits() { return mix(hash_ ^ next_++); }
  double uniform() { return to_uniform(bits()); }
  std::uint64_t drawn() const { return next_; }

 private:
  Stream() = default;

  std::uint64_t hash_ = 0;
  std::uint64_t next_ = 0;
};

// What the draws of a part of a run hang on: the run's seed, and the replica that the part is in.
// What draws is handed this, never a seed, so that one seed moves every draw of a run.
struct Draws {
  std::uint64_t seed = 1;
  std::uint32_t replica = 0;  // of its pool

  // Of the key at `path`, as "pool.0.kv.eviction": Stream(seed, path) in the first replica, its
  // child by number in the others. `own`, a seed written at the key itself, is added to the run's.
  Stream stream(std::string_view path, std::uint64_t own = 0) const;
};

double draw_exponential(Stream& stream);  // mean 1: -ln(1-u); 1 draw
double draw_normal(Stream& stream);       // quantile of u; 1 draw
// Scale 1, mean `shape` > 0 (Marsaglia, Tsang 2000): 2 draws a trial, 1 more below shape 1.
double draw_gamma(Stream& stream, double shape);
double draw_weibull(Stream& stream, double shape);  // scale 1: (-ln(1-u))^(1/shape); 1 draw

// One of n things by weight: the smallest i with cumulative share > u; 1 draw, O(1) on average.
class WeightedChoice {
 public:
  // At least one weight; none negative, one positive.
  explicit WeightedChoice(std::span<const double> weights);
  std::uint32_t at(double u) const;
  std::uint32_t draw(Stream& stream) const { return at(stream.uniform()); }
  double share(std::uint32_t i) const { return cumulative_[i] - (i > 0 ? cumulative_[i - 1] : 0); }

 private:
  std::vector<double> cumulative_;     // last = 1
  std::vector<std::uint32_t> guides_;  // of u in [j/n, (j+1)/n): the first candidate
};

// rank^-skew for ranks 1 .. count: Zipf popularity.
std::vector<double> zipf_weights(std::uint32_t count, double skew);

}  // namespace kvern
