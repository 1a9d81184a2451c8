#include "sim/base/exact_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kvern::exact {
namespace {

constexpr double kLn2High = 0x1.62e42fefa2p-1;  // 40 bits: k * kLn2High is exact for |k| < 2^13
constexpr double kLn2Low = 0x1.9ef35793c7673p-41;
constexpr double kInverseLn2 = 1.4426950408889634;

double bits_to_double(std::uint64_t bits) { return std::bit_cast<double>(bits); }
std::uint64_t double_to_bits(double x) { return std::bit_cast<std::uint64_t>(x); }
double power_of_two(int k) {  // -1022 .. 1023
  return bits_to_double(static_cast<std::uint64_t>(k + 1023) << 52);
}
// Nearest whole number, |x| < 2^51: the sum pushes the fraction out of the mantissa.
double nearest(double x) {
  constexpr double kShift = 0x1.8p52;
  return (x + kShift) - kShift;
}

struct Pair {  // high + low, |low| <= ulp(high) / 2
  double high;
  double low;
};
Pair exact_sum(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}
// Dekker: the product without a fused multiply-add. Not for magnitudes beyond 2^990.
Pair exact_product(double a, double b) {
  constexpr double kSplit = 0x1p27 + 1;
  const double ta = a * kSplit;
  const double tb = b * kSplit;
  const double ah = ta - (ta - a);
  const double bh = tb - (tb - b);
  const double al = a - ah;
  const double bl = b - bh;
  const double product = a * b;
  return {product, ((ah * bh - product) + ah * bl + al * bh) + al * bl};
}

// x = (1 + f) 2^k with 1 + f in [sqrt(1/2), sqrt(2)).
struct Reduced {
  double f;
  int k;
};
Reduced reduce_logarithm(double x) {
  int k = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    k = -54;
  }
  std::uint64_t bits = double_to_bits(x);
  k += static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  double m = bits_to_double(bits);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  return {m - 1, k};
}

// c[0] + c[1] x + c[2] x^2 + c[3] x^3, given square = x^2. Pairs keep the chain of dependent
// operations short: these functions run several times a request.
double cubic(const double* c, double x, double square) {
  return (c[0] + c[1] * x) + (c[2] + c[3] * x) * square;
}

// 2 atanh(s) - 2 s = s * this, with z = s^2 <= .0295: the odd Taylor series.
double atanh_tail(double z) {
  static constexpr double c[12] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                   2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23, 2.0 / 25};
  const double z2 = z * z;
  const double z4 = z2 * z2;
  return z * (cubic(c, z, z2) + z4 * (cubic(c + 4, z, z2) + z4 * cubic(c + 8, z, z2)));
}

// The logarithm to about 2^-60, for pow.
Pair long_logarithm(double x) {
  const auto [f, k] = reduce_logarithm(x);
  const double divisor = 2 + f;
  const double divisor_low = f - (divisor - 2);
  const double s = f / divisor;
  const Pair back = exact_product(s, divisor);
  const double s_low = ((f - back.high) - back.low - s * divisor_low) / divisor;
  const Pair head = exact_sum(k * kLn2High, 2 * s);
  const double tail = head.low + (2 * s_low + s * atanh_tail(s * s) + k * kLn2Low);
  return exact_sum(head.high, tail);
}

// exp(x) - 1 - x over x^2 for |x| <= .3466: the Taylor series, 1/2! ... 1/14!.
double exp_tail(double x) {
  static constexpr double c[13] = {1.0 / 2,
                                   1.0 / 6,
                                   1.0 / 24,
                                   1.0 / 120,
                                   1.0 / 720,
                                   1.0 / 5040,
                                   1.0 / 40320,
                                   1.0 / 362880,
                                   1.0 / 3628800,
                                   1.0 / 39916800,
                                   1.0 / 479001600,
                                   1.0 / 6227020800.0,
                                   1.0 / 87178291200.0};
  const double x2 = x * x;
  const double x4 = x2 * x2;
  const double upper = cubic(c + 8, x, x2) + x4 * c[12];
  return cubic(c, x, x2) + x4 * (cubic(c + 4, x, x2) + x4 * upper);
}

// exp(x + low), |low| tiny against x.
double exp_of_sum(double x, double low) {
  if (x != x) return x;
  if (x > 709.782712893384) return kInf;
  if (x < -745.1332191019412) return 0;
  const double k = nearest(x * kInverseLn2);
  const double high = x - k * kLn2High;
  const Pair r = exact_sum(high, low - k * kLn2Low);
  const double result = 1 + (r.high + (r.low + r.high * r.high * exp_tail(r.high)));
  const int exponent = static_cast<int>(k);
  if (exponent > 1023) return result * 2 * power_of_two(exponent - 1);
  if (exponent >= -1022) return result * power_of_two(exponent);
  return result * power_of_two(exponent + 1000) * 0x1p-1000;
}

}  // namespace

double exp(double x) { return exp_of_sum(x, 0); }

double expm1(double x) {
  if (x > -0.34 && x < 0.34) return x + x * x * exp_tail(x);
  return exp(x) - 1;
}

double log(double x) {
  if (!(x > 0)) return x == 0 ? -kInf : kNaN;
  if (x == kInf) return x;
  const auto [f, k] = reduce_logarithm(x);
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  // 2 s = f - s f, so the large term f stays exact.
  const double rest = half_square - (s * (half_square + atanh_tail(s * s)) + k * kLn2Low);
  return k * kLn2High - (rest - f);
}

double log1p(double x) {
  const double y = 1 + x;
  if (y == 1) return x;
  if (!(y > 0) || y == kInf) return log(y);
  return log(y) + (x - (y - 1)) / y;  // the second term: what 1 + x lost
}

double pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return kNaN;
  if (x < 0) {
    if (!(y > -0x1p53 && y < 0x1p53) || y != std::trunc(y)) return kNaN;
    const bool odd = (static_cast<std::int64_t>(y) & 1) != 0;
    return odd ? -pow(-x, y) : pow(-x, y);
  }
  if (x == 0) return y > 0 ? 0 : kInf;
  if (x == kInf) return y > 0 ? kInf : 0;
  if (y > 0x1p70 || y < -0x1p70) return (x > 1) == (y > 0) ? kInf : 0;
  const Pair l = long_logarithm(x);
  const Pair product = exact_product(l.high, y);
  return exp_of_sum(product.high, product.low + l.low * y);
}

namespace {

// x = quadrant * pi/2 + high + low, |high| <= pi/4.
struct Angle {
  double high;
  double low;
  int quadrant;
};
Angle reduce_angle(double x) {
  // pi/2 in three parts of 28 bits and a rest: their products with k < 2^25 are exact.
  const double k = nearest(x * 0.6366197723675814);
  const double a = x - k * 0x1.921fb54p+0;  // exact: both are near each other, or k = 0
  const Pair b = exact_sum(a, -k * 0x1.10b461p-30);
  const Pair c = exact_sum(b.high, -k * 0x1.a62633p-58);
  const Pair r = exact_sum(c.high, b.low + (c.low - k * 0x1.45c06e0e68948p-86));
  return {r.high, r.low, static_cast<int>(static_cast<std::int64_t>(k) & 3)};
}

double sine_of(double x, double low) {  // |x| <= pi/4
  const double z = x * x;
  double sum = -1.0 / 121645100408832000.0;  // 1 / 19!
  sum = sum * z + 1.0 / 355687428096000.0;
  sum = sum * z - 1.0 / 1307674368000.0;
  sum = sum * z + 1.0 / 6227020800.0;
  sum = sum * z - 1.0 / 39916800;
  sum = sum * z + 1.0 / 362880;
  sum = sum * z - 1.0 / 5040;
  sum = sum * z + 1.0 / 120;
  sum = sum * z - 1.0 / 6;
  return x + (low * (1 - 0.5 * z) + x * z * sum);
}

double cosine_of(double x, double low) {
  const double z = x * x;
  double sum = 1.0 / 2432902008176640000.0;  // 1 / 20!
  sum = sum * z - 1.0 / 6402373705728000.0;
  sum = sum * z + 1.0 / 20922789888000.0;
  sum = sum * z - 1.0 / 87178291200.0;
  sum = sum * z + 1.0 / 479001600;
  sum = sum * z - 1.0 / 3628800;
  sum = sum * z + 1.0 / 40320;
  sum = sum * z - 1.0 / 720;
  sum = sum * z + 1.0 / 24;
  const double half = 0.5 * z;
  const double head = 1 - half;
  return head + (((1 - head) - half) + (z * z * sum - x * low));
}

double wave(double x, int shift) {
  if (!(x >= -0x1p25 && x <= 0x1p25)) return kNaN;
  const Angle angle = reduce_angle(x);
  switch ((angle.quadrant + shift) & 3) {
    case 0:
      return sine_of(angle.high, angle.low);
    case 1:
      return cosine_of(angle.high, angle.low);
    case 2:
      return -sine_of(angle.high, angle.low);
    default:
      return -cosine_of(angle.high, angle.low);
  }
}

}  // namespace

double sin(double x) { return wave(x, 0); }
double cos(double x) { return wave(x, 1); }

}  // namespace kvern::exact
