#include "sim/attention/machine/next_token.h"

#include <algorithm>
#include <vector>

#include "sim/attention/head/lanes.h"
#include "sim/base/exact_math.h"

namespace kvern {
namespace {

using lanes::Floats;
using lanes::kLanes;

constexpr std::size_t kBlock = 512;  // float32 sums are this short, then go on in double

struct Sums {
  double weights = 0;      // of e^(x - most)
  double differences = 0;  // of e^(x - most) * (x - y)
};

// `other` may equal `row`.
[[gnu::always_inline]] inline Sums sums_of(const float* row, const float* other, std::size_t count,
                                           float most) {
  Sums total;
  for (std::size_t block = 0; block < count; block += kBlock) {
    const std::size_t end = std::min(count, block + kBlock);
    Floats weights = {};
    Floats differences = {};
    for (std::size_t i = block; i < end; i += kLanes) {
      Floats x = {-1e30F, -1e30F, -1e30F, -1e30F, -1e30F, -1e30F, -1e30F, -1e30F};
      Floats y = x;
      const std::size_t bytes = std::min(kLanes, end - i) * sizeof(float);
      std::memcpy(&x, row + i, bytes);
      std::memcpy(&y, other + i, bytes);
      Floats weight;
      lanes::exponential(x - most, weight);
      weights += weight;
      differences += weight * (x - y);
    }
    total.weights += lanes::sum_of(weights);
    total.differences += lanes::sum_of(differences);
  }
  return total;
}

[[gnu::target("avx2")]] Sums sums_avx2(const float* row, const float* other, std::size_t count,
                                       float most) {
  return sums_of(row, other, count, most);
}

Sums sums(std::span<const float> row, std::span<const float> other, float most) {
  if (lanes::vector_unit() == lanes::VectorUnit::Sse) {
    return sums_of(row.data(), other.data(), row.size(), most);
  }
  return sums_avx2(row.data(), other.data(), row.size(), most);
}

float highest(std::span<const float> logits) {
  return *std::max_element(logits.begin(), logits.end());
}

}  // namespace

double log_sum_exp(std::span<const float> logits) {
  const float most = highest(logits);
  return static_cast<double>(most) + exact::log(sums(logits, logits, most).weights);
}

double next_token_loss(std::span<const float> logits, std::int32_t token) {
  return log_sum_exp(logits) - static_cast<double>(logits[static_cast<std::size_t>(token)]);
}

std::int32_t top_token(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// sum p (ln p - ln p') = sum p (x - y) - ln Z + ln Z'.
double divergence(std::span<const float> reference, std::span<const float> logits) {
  const float most = highest(reference);
  const Sums here = sums(reference, logits, most);
  return here.differences / here.weights - (static_cast<double>(most) + exact::log(here.weights)) +
         log_sum_exp(logits);
}

}  // namespace kvern
