// poisson: independent exponential gaps.
#include <memory>

#include "sim/base/config/parameters.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::poisson {

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto rate = p.require<RequestsPerSecond>("rate", "mean arrivals", kArrivalRate).value;
  if (!(rate > 0)) return nullptr;
  return std::make_unique<SteadyProcess>(UnitGaps::poisson(), rate);
}

}  // namespace kvern::arrivals::poisson
