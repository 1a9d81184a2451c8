// Random gaps of mean 1: the renewal processes behind every arrival process. Multiply by 1/rate, or
// read them in operational time (rate_pieces.h).
#pragma once

#include "sim/base/config/parameters.h"
#include "sim/base/random.h"

namespace kvern {

class UnitGaps {
 public:
  static UnitGaps constant();          // CV 0, no draw
  static UnitGaps poisson();           // exponential: -ln(1-u); 1 draw
  static UnitGaps gamma(double cv);    // shape 1/cv^2, scale cv^2
  static UnitGaps weibull(double cv);  // see weibull_shape; 1 draw
  // The keys `process` and `cv` of a process whose rate varies.
  static UnitGaps read(Parameters& parameters);

  double draw(Stream& stream) const;

 private:
  enum class Family { Constant, Poisson, Gamma, Weibull };
  UnitGaps(Family family, double shape, double scale)
      : family_(family), shape_(shape), scale_(scale) {}

  Family family_;
  double shape_;
  double scale_;
};

// Limits of `cv` for Gamma and Weibull gaps.
inline constexpr Range kGapVariation{0.05, 20};

// The k with Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 = 1 + cv^2, to 1e-12.
double weibull_shape(double cv);

}  // namespace kvern
