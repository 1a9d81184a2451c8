// The gamma function and the normal distribution of exact_math.h.
#include <cmath>
#include <limits>

#include "sim/base/exact_math.h"

namespace kvern::exact {
namespace {

constexpr double kHalfLog2Pi = 0x1.d67f1c864beb5p-1;
constexpr double kSqrt2Pi = 0x1.40d931ff62706p+1;
constexpr double kInverseSqrt2Pi = 0x1.9884533d43651p-2;

// Stirling's series beyond (x - 1/2) log x - x + log(2 pi)/2; B_2n / (2n (2n-1) x^(2n-1)), x >= 16.
double stirling_tail(double x) {
  const double z = 1 / (x * x);
  double sum = 1.0 / 156;
  sum = sum * z - 691.0 / 360360;
  sum = sum * z + 1.0 / 1188;
  sum = sum * z - 1.0 / 1680;
  sum = sum * z + 1.0 / 1260;
  sum = sum * z - 1.0 / 360;
  sum = sum * z + 1.0 / 12;
  return sum / x;
}

// Gamma(x) = Gamma(shifted + lost) / product with shifted >= 16, where `lost` is what the sum
// x + n did not keep.
struct Shifted {
  double x;
  double lost;
  double product;
};
Shifted shift_up(double x) {
  Shifted result{x, 0, 1};
  int n = 0;
  for (; x + n < 16; ++n) result.product *= x + n;
  result.x = x + n;
  result.lost = x - (result.x - n);
  return result;
}

}  // namespace

double log_gamma(double x) {
  if (!(x > 0)) return x == 0 ? kInf : kNaN;
  if (x == kInf) return x;
  if (x < 0x1p-54) return -log(x);
  const Shifted up = shift_up(x);
  const double logarithm = log(up.x);
  const double head = (up.x - 0.5) * logarithm - up.x;
  return (head - log(up.product)) + (kHalfLog2Pi + stirling_tail(up.x) + up.lost * logarithm);
}

double gamma(double x) {
  if (!(x > 0)) return x == 0 ? kInf : kNaN;
  if (x > 171.7) return kInf;
  if (x < 0x1p-54) return 1 / x;
  const Shifted up = shift_up(x);
  // x^(x-1/2) in two halves: it overflows before the quotient does.
  const double half_power = pow(up.x, 0.5 * up.x - 0.25);
  const double head = kSqrt2Pi * (half_power * exp(-up.x)) * half_power;
  return head / up.product * exp(stirling_tail(up.x) + up.lost * log(up.x));
}

double normal_pdf(double x) {
  // exp(-x^2 / 2) with the rounding of x^2 given back: x = a + b, a of 26 bits.
  if (!(x > -40 && x < 40)) return x != x ? x : 0;
  const double scaled = x * (0x1p27 + 1);
  const double a = scaled - (scaled - x);
  const double b = x - a;
  return kInverseSqrt2Pi * exp(-0.5 * a * a) * exp(-0.5 * b * (a + x));
}

double normal_cdf(double x) {
  if (x != x) return x;
  const double y = x < 0 ? -x : x;
  if (y < 2.5) {
    // 1/2 + pdf(x) (x + x^3/3 + x^5/15 + ...): all terms of one sign.
    const double z = y * y;
    double term = y;
    double sum = y;
    for (double n = 3; term > sum * 0x1p-56; n += 2) {
      term *= z / n;
      sum += term;
    }
    const double part = normal_pdf(y) * sum;
    if (x >= 0) return 0.5 + part;
    if (part < 0.4) return 0.5 - part;
  }
  // Laplace's continued fraction, pdf(y) / (y + 1/(y + 2/(y + 3/(...)))), from the limit of its
  // far terms (t = y + n/t) inwards.
  int n = 20 + static_cast<int>(250 / (y * y));
  double fraction = 0.5 * (y + std::sqrt(y * y + 4.0 * n));
  for (; n >= 1; --n) fraction = y + n / fraction;
  const double tail = normal_pdf(y) / fraction;
  return x < 0 ? tail : 1 - tail;
}

namespace {

// c[0] + c[1] x + ... + c[7] x^7.
double polynomial(const double (&c)[8], double x) {
  const double x2 = x * x;
  const double low = (c[0] + c[1] * x) + (c[2] + c[3] * x) * x2;
  const double high = (c[4] + c[5] * x) + (c[6] + c[7] * x) * x2;
  return low + high * (x2 * x2);
}

// M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
// Statistics 37 (1988): numerators and denominators by region.
constexpr double kMiddle[] = {3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427,
                              13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
                              33430.575583588128105, 2509.0809287301226727};
constexpr double kMiddleBelow[] = {1,
                                   42.313330701600911252,
                                   687.18700749205790830,
                                   5394.1960214247511077,
                                   21213.794301586595867,
                                   39307.895800092710610,
                                   28729.085735721942674,
                                   5226.4952788528545610};
constexpr double kTail[] = {1.42343711074968357734,  4.63033784615654529590,
                            5.76949722146069140550,  3.64784832476320460504,
                            1.27045825245236838258,  .241780725177450611770,
                            .0227238449892691845833, 7.74545014278341407640e-4};
constexpr double kTailBelow[] = {1,
                                 2.05319162663775882187,
                                 1.67638483018380384940,
                                 .689767334985100004550,
                                 .148103976427480074590,
                                 .0151986665636164571966,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
constexpr double kFar[] = {6.65790464350110377720,    5.46378491116411436990,
                           1.78482653991729133580,    .296560571828504891230,
                           .0265321895265761230930,   1.24266094738807843860e-3,
                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kFarBelow[] = {1,
                                .599832206555887937690,
                                .136929880922735805310,
                                .0148753612908506148525,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};

}  // namespace

double normal_quantile(double u) {
  if (!(u > 0 && u < 1)) return u == 0 ? -kInf : u == 1 ? kInf : kNaN;
  const double q = u - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kMiddle, r) / polynomial(kMiddleBelow, r);
  }
  const double r = std::sqrt(-log(q < 0 ? u : 1 - u));
  const double x = r <= 5 ? polynomial(kTail, r - 1.6) / polynomial(kTailBelow, r - 1.6)
                          : polynomial(kFar, r - 5) / polynomial(kFarBelow, r - 5);
  return q < 0 ? -x : x;
}

}  // namespace kvern::exact
