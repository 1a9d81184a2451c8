// A distribution of lengths, counts or times as the inverse of its cumulative share: one uniform
// draw gives one value, and a larger u never a smaller one (so ranks can be correlated).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

class Distribution {
 public:
  static Distribution constant(double value);
  static Distribution uniform(double low, double high);
  static Distribution exponential(double mean);  // -mean ln(1-u)
  // On 1, 2, 3 ...: the least k with 1 - (1 - 1/mean)^k > u. mean >= 1.
  static Distribution geometric(double mean);
  // The value at each percent, log-linear between: v = a (b/a)^t. Percents and values rise, values
  // are positive. Below the first percent and above the last, the end's value.
  static Distribution quantiles(std::span<const double> percents, std::span<const double> values);

  double at(double u) const;  // 0 < u < 1
  // Rounded to the nearest whole number (halves up), 1 to 2^31 - 1.
  std::uint32_t whole_at(double u) const;

 private:
  enum class Kind { Constant, Uniform, Exponential, Geometric, Quantiles };
  struct Segment {  // from u on: value exp(growth (x - u))
    double u;
    double value;
    double growth;
  };
  static constexpr int kGuides = 256;

  Distribution(Kind kind, double base, double scale) : kind_(kind), base_(base), scale_(scale) {}

  Kind kind_;
  double base_;
  double scale_;
  std::vector<Segment> segments_;     // of a quantile table
  std::vector<std::uint8_t> guides_;  // of u in [i/256, (i+1)/256): the segment of i/256
};

}  // namespace kvern
