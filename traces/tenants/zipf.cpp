// zipf: tenant k's share is in proportion to k^-skew.
#include "traces/tenants.h"

namespace kvern::tenants::zipf {

std::unique_ptr<WeightedChoice> make(Parameters& p) {
  const auto count = p.get("count", std::uint32_t{10}, "number of tenants", Range{1, 65535});
  const double skew = p.get("skew", 1.0, "0 = all alike", Range{0, 20});
  return std::make_unique<WeightedChoice>(zipf_weights(count, skew));
}

}  // namespace kvern::tenants::zipf
