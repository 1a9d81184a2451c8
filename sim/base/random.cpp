#include "sim/base/random.h"

#include <algorithm>
#include <cmath>

#include "sim/base/exact_math.h"

namespace kvern {

Stream Stream::child(std::uint64_t number) const {
  Stream stream;
  stream.hash_ = mix(mix(hash_) ^ number);
  return stream;
}

Stream Draws::stream(std::string_view path, std::uint64_t own) const {
  const Stream first(seed + own, path);
  return replica == 0 ? first : first.child(replica);
}

double draw_exponential(Stream& stream) { return -exact::log(1 - stream.uniform()); }

double draw_normal(Stream& stream) { return exact::normal_quantile(stream.uniform()); }

double draw_gamma(Stream& stream, double shape) {
  // Below 1: Gamma(shape) = Gamma(shape + 1) u^(1/shape).
  const double boosted = shape < 1 ? shape + 1 : shape;
  const double d = boosted - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  double value = 0;
  for (;;) {
    const double x = draw_normal(stream);
    const double u = stream.uniform();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (exact::log(u) < 0.5 * x * x + d - d * v + d * exact::log(v)) {
      value = d * v;
      break;
    }
  }
  return shape < 1 ? value * exact::pow(stream.uniform(), 1 / shape) : value;
}

double draw_weibull(Stream& stream, double shape) {
  return exact::pow(draw_exponential(stream), 1 / shape);
}

WeightedChoice::WeightedChoice(std::span<const double> weights) {
  double total = 0;
  for (const double weight : weights) total += weight;
  double sum = 0;
  cumulative_.reserve(weights.size());
  for (const double weight : weights) {
    sum += weight;
    cumulative_.push_back(sum / total);
  }
  // Rounding must not leave u without an answer, nor give one to a weight of 0.
  for (std::size_t i = cumulative_.size(); i-- > 0;) {
    cumulative_[i] = 1;
    if (weights[i] > 0) break;
  }
  const auto n = static_cast<std::uint32_t>(cumulative_.size());
  guides_.resize(n);
  std::uint32_t i = 0;
  for (std::uint32_t j = 0; j < n; ++j) {
    while (cumulative_[i] <= static_cast<double>(j) / n) ++i;
    guides_[j] = i;
  }
}

std::uint32_t WeightedChoice::at(double u) const {
  const auto j = static_cast<std::size_t>(u * static_cast<double>(guides_.size()));
  std::uint32_t i = guides_[std::min(j, guides_.size() - 1)];
  // u * n may round up across a guide's edge.
  while (i > 0 && cumulative_[i - 1] > u) --i;
  while (cumulative_[i] <= u) ++i;
  return i;
}

std::vector<double> zipf_weights(std::uint32_t count, double skew) {
  std::vector<double> weights(count);
  for (std::uint32_t i = 0; i < count; ++i) weights[i] = exact::pow(i + 1.0, -skew);
  return weights;
}

}  // namespace kvern
