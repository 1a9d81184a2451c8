// Elementary functions from + - * / and sqrt only, so that a result is the same bit pattern on any
// x86-64 machine, compiler and C library (build with -ffp-contract=off). Whatever reaches a result
// uses these, never <cmath>'s transcendental functions. Errors are in units in the last place (ulp)
// against the true value; tests/unit/base/exact_math_test.cpp holds them to it.
//
// Special values follow IEEE 754: NaN in, NaN out; log(0) = -inf; log(x < 0) = NaN; overflow = inf.
#pragma once

#include <cstdint>
#include <limits>

namespace kvern::exact {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The nearest whole number (halves up) of 0 <= x < 2^62.
inline std::int64_t nearest_whole(double x) {
  const auto whole = static_cast<std::int64_t>(x);
  return whole + (x - static_cast<double>(whole) >= 0.5 ? 1 : 0);
}

double exp(double x);    // <= 1 ulp; gradual underflow (then <= 1 unit of 2^-1074 more)
double expm1(double x);  // exp(x) - 1, <= 4 ulp also near 0
double log(double x);    // <= 1 ulp
double log1p(double x);  // log(1 + x), <= 2 ulp also near 0
// x^y for x >= 0 (NaN for x < 0 unless y is a whole number below 2^53), <= 4 ulp.
double pow(double x, double y);

// Radians, |x| <= 2^25 (NaN beyond): absolute error <= 2^-53, and <= 2 ulp away from zeros.
double sin(double x);
double cos(double x);

// Logarithm of the gamma function, x > 0: error <= 4 ulp beyond 16, <= 2^-46 below.
double log_gamma(double x);
double gamma(double x);  // x > 0, <= 16 ulp

// Standard normal distribution.
double normal_pdf(double x);
double normal_cdf(double x);       // <= 32 ulp, also deep in the tails
double normal_quantile(double u);  // 0 < u < 1, <= 8 ulp (0 -> -inf, 1 -> inf). AS 241, PPND16

}  // namespace kvern::exact
