// weibull: independent Weibull gaps. At equal cv its tail is longer than Gamma's.
#include <memory>

#include "sim/base/config/parameters.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::weibull {

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto rate = p.require<RequestsPerSecond>("rate", "mean arrivals", kArrivalRate).value;
  const double cv =
      p.require<double>("cv", "gaps' standard deviation over their mean", kGapVariation);
  if (!(rate > 0 && cv > 0)) return nullptr;
  return std::make_unique<SteadyProcess>(UnitGaps::weibull(cv), rate);
}

}  // namespace kvern::arrivals::weibull
