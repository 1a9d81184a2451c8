// shares: tenants by weight, as in "shares(weights=[5, 3, 2])".
#include <algorithm>

#include "traces/tenants.h"

namespace kvern::tenants::shares {

std::unique_ptr<WeightedChoice> make(Parameters& p) {
  const std::vector<double> weights =
      p.list<double>("weights", {}, "of tenants 1, 2, ...; their sum need not be 1");
  double total = 0;
  for (const double weight : weights) total += weight;
  const bool negative =
      std::any_of(weights.begin(), weights.end(), [](double weight) { return !(weight >= 0); });
  if (negative || !(total > 0) || weights.size() > 65535) {
    p.error("weights", "tenants need weights of at least 0, one of them positive",
            "weights = [5, 3, 2]");
    return nullptr;
  }
  return std::make_unique<WeightedChoice>(weights);
}

}  // namespace kvern::tenants::shares
