// constant: gaps of exactly 1/rate.
#include <memory>

#include "sim/base/config/parameters.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::constant {

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto rate = p.require<RequestsPerSecond>("rate", "mean arrivals", kArrivalRate).value;
  if (!(rate > 0)) return nullptr;
  return std::make_unique<SteadyProcess>(UnitGaps::constant(), rate);
}

}  // namespace kvern::arrivals::constant
