// azure2023_conversation: the quantiles and rank correlation of the Azure LLM inference trace of
// 2023.
#include "traces/generate/quantile_tables.h"
#include "traces/lengths.h"

namespace kvern::lengths::azure2023_conversation {

std::unique_ptr<Lengths> make(Parameters& p) {
  return make_lengths(p, kvern::azure2023_conversation());
}

}  // namespace kvern::lengths::azure2023_conversation
