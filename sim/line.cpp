#include "sim/line.h"

#include <algorithm>
#include <cmath>

namespace kvern {

std::int64_t steps_within(const Line& line, std::int64_t limit, std::int64_t most) {
  if (most <= 0 || limit < line.first) return 0;
  // sum(k) = k (first - slope/2) + k^2 slope/2; solve, then correct by exact sums.
  const double slope = static_cast<double>(line.slope);
  const double a = static_cast<double>(line.first) - slope / 2;
  const double root = a + std::sqrt(a * a + 2 * slope * static_cast<double>(limit));
  const double guess = root > 0 ? 2 * static_cast<double>(limit) / root : static_cast<double>(most);
  auto k = static_cast<std::int64_t>(std::min(guess, static_cast<double>(most)));
  while (k < most && line.sum(k + 1) <= limit) ++k;
  while (k > 0 && line.sum(k) > limit) --k;
  return k;
}

}  // namespace kvern
