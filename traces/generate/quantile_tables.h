// Published quantiles of the lengths and gaps of real traces.
#pragma once

#include <vector>

#include "traces/generate/distribution.h"
#include "traces/generate/rate_pieces.h"

namespace kvern {

struct TraceTable {
  Distribution prompt_tokens;
  Distribution output_tokens;
  Distribution gap_ms;
  double rank_correlation;  // Spearman, of prompt and output
};

// Azure LLM inference traces of 2023; 19,366 and 8,819 requests.
TraceTable azure2023_conversation();
TraceTable azure2023_code();
// Its rate in each of its 58 minutes and the partial last one.
std::vector<RatePiece> azure2023_conversation_minutes();

}  // namespace kvern
