#include "traces/lengths.h"

#include "traces/generate/quantile_tables.h"

namespace kvern {

std::unique_ptr<Lengths> make_lengths(Parameters& parameters, std::optional<Distribution> prompt,
                                      std::optional<Distribution> output, double spearman) {
  const double correlation =
      parameters.get("correlation", spearman, "rank correlation (Spearman) of prompt and output",
                     Range{-0.99, 0.99});
  if (!prompt || !output) return nullptr;
  return std::make_unique<Lengths>(std::move(*prompt), std::move(*output), correlation);
}

std::unique_ptr<Lengths> make_lengths(Parameters& parameters, const TraceTable& table) {
  return make_lengths(parameters, table.prompt_tokens, table.output_tokens, table.rank_correlation);
}

}  // namespace kvern
