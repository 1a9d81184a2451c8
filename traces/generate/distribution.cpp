#include "traces/generate/distribution.h"

#include "sim/base/exact_math.h"

namespace kvern {

Distribution Distribution::constant(double value) { return {Kind::Constant, value, 0}; }

Distribution Distribution::uniform(double low, double high) {
  return {Kind::Uniform, low, high - low};
}

Distribution Distribution::exponential(double mean) { return {Kind::Exponential, 0, mean}; }

Distribution Distribution::geometric(double mean) {
  if (!(mean > 1)) return constant(1);
  return {Kind::Geometric, 0, 1 / exact::log1p(-1 / mean)};
}

Distribution Distribution::quantiles(std::span<const double> percents,
                                     std::span<const double> values) {
  Distribution result(Kind::Quantiles, values.front(), 0);
  result.segments_.push_back({-1, values.front(), 0});  // below the first percent
  for (std::size_t i = 0; i + 1 < percents.size(); ++i) {
    const double width = (percents[i + 1] - percents[i]) / 100;
    const double growth =
        values[i + 1] == values[i] ? 0 : exact::log(values[i + 1] / values[i]) / width;
    result.segments_.push_back({percents[i] / 100, values[i], growth});
  }
  result.segments_.push_back({percents.back() / 100, values.back(), 0});
  result.segments_.push_back({2, values.back(), 0});  // ends every search
  std::uint8_t segment = 0;
  for (int i = 0; i < kGuides; ++i) {
    while (result.segments_[segment + 1].u <= static_cast<double>(i) / kGuides) ++segment;
    result.guides_.push_back(segment);
  }
  return result;
}

double Distribution::at(double u) const {
  switch (kind_) {
    case Kind::Constant:
      return base_;
    case Kind::Uniform:
      return base_ + scale_ * u;
    case Kind::Exponential:
      return -scale_ * exact::log(1 - u);
    case Kind::Geometric: {
      const double k = exact::log(1 - u) * scale_;
      return 1 + static_cast<double>(static_cast<std::int64_t>(k));
    }
    case Kind::Quantiles:
      break;
  }
  const Segment* segment = &segments_[guides_[static_cast<std::size_t>(u * kGuides)]];
  while (segment[1].u <= u) ++segment;
  if (segment->growth == 0) return segment->value;
  return segment->value * exact::exp(segment->growth * (u - segment->u));
}

std::uint32_t Distribution::whole_at(double u) const {
  const double value = at(u);
  if (value < 1.5) return 1;
  if (value >= 2147483647) return 2147483647;
  return static_cast<std::uint32_t>(exact::nearest_whole(value));
}

}  // namespace kvern
