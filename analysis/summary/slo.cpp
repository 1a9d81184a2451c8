#include "analysis/summary/slo.h"

namespace kvern {

bool Slo::met_by(const RequestRow& row) const {
  if (row.status != RequestStatus::Finished) return false;
  const bool has_token = row.first_token_ns >= 0;
  if (ttft_ns && has_token && row.first_token_ns - row.arrival_ns > *ttft_ns) return false;
  if (e2e_ns && row.finish_ns - row.arrival_ns > *e2e_ns) return false;
  if (tpot_ns && row.output_tokens >= 2) {
    // total > limit x gaps, without a product that could overflow: ceil(total / gaps) > limit.
    const auto gaps = static_cast<SimTime>(row.output_tokens) - 1;
    if ((row.finish_ns - row.first_token_ns + gaps - 1) / gaps > *tpot_ns) return false;
  }
  return true;
}

}  // namespace kvern
