#include "traces/generate/unit_gaps.h"

#include "sim/base/exact_math.h"

namespace kvern {

double weibull_shape(double cv) {
  const double target = exact::log1p(cv * cv);
  // In x = 1/k the left side's logarithm rises from 0 at x = 0.
  double low = 0;
  double high = 64;
  for (int i = 0; i < 100; ++i) {
    const double x = 0.5 * (low + high);
    const double value = exact::log_gamma(1 + 2 * x) - 2 * exact::log_gamma(1 + x);
    (value < target ? low : high) = x;
  }
  return 2 / (low + high);
}

UnitGaps UnitGaps::constant() { return {Family::Constant, 1, 1}; }
UnitGaps UnitGaps::poisson() { return {Family::Poisson, 1, 1}; }
UnitGaps UnitGaps::gamma(double cv) { return {Family::Gamma, 1 / (cv * cv), cv * cv}; }
UnitGaps UnitGaps::weibull(double cv) {
  const double shape = weibull_shape(cv);
  return {Family::Weibull, shape, 1 / exact::gamma(1 + 1 / shape)};
}

UnitGaps UnitGaps::read(Parameters& parameters) {
  const std::string process =
      parameters.choice("process", "poisson", {"constant", "poisson", "gamma", "weibull"},
                        "gaps in operational time, where the rate is 1");
  const auto cv = parameters.find<double>(
      "cv", "gaps' standard deviation over their mean (gamma, weibull)", kGapVariation);
  const bool chosen = process == "gamma" || process == "weibull";
  if (cv && !chosen) {
    parameters.error("cv", "a " + process + " process has no cv to choose",
                     "add process = \"gamma\" or \"weibull\"");
  }
  if (!cv && chosen && !parameters.has("cv")) {
    parameters.error("process", "a " + process + " process needs its cv", "add cv = 2.0");
  }
  if (process == "gamma") return gamma(cv.value_or(1));
  if (process == "weibull") return weibull(cv.value_or(1));
  return process == "constant" ? constant() : poisson();
}

double UnitGaps::draw(Stream& stream) const {
  switch (family_) {
    case Family::Constant:
      return 1;
    case Family::Gamma:
      return scale_ * draw_gamma(stream, shape_);
    case Family::Weibull:
      return scale_ * draw_weibull(stream, shape_);
    case Family::Poisson:
      break;
  }
  return draw_exponential(stream);
}

}  // namespace kvern
