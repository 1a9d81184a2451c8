#include "analysis/slo.h"

namespace kvern {

bool Slo::met_by(const RequestRow& row) const {
  if (row.status != RequestStatus::Finished) return false;
  if (ttft_ns && row.first_token_ns - row.arrival_ns > *ttft_ns) return false;
  if (e2e_ns && row.finish_ns - row.arrival_ns > *e2e_ns) return false;
  if (tpot_ns && row.output_tokens >= 2) {
    const auto gaps = static_cast<__int128>(row.output_tokens) - 1;
    if (row.finish_ns - row.first_token_ns > *tpot_ns * gaps) return false;
  }
  return true;
}

}  // namespace kvern
