// How long are a request's prompt and output? Two distributions and their rank correlation. The
// named ones are a file each in traces/lengths.
#pragma once

#include <memory>
#include <optional>

#include "sim/base/config/policy_table.h"
#include "traces/generate/distribution.h"
#include "traces/generate/rank_correlation.h"

namespace kvern {

struct TraceTable;

class Lengths {
 public:
  Lengths(Distribution prompt, Distribution output, double spearman)
      : prompt_(std::move(prompt)), output_(std::move(output)), correlation_(spearman) {}

  struct Tokens {
    std::uint32_t prompt;
    std::uint32_t output;
  };
  Tokens draw(Stream& stream) const {  // 2 draws
    const auto u = correlation_.draw(stream);
    return {prompt_.whole_at(u.first), output_.whole_at(u.second)};
  }

 private:
  Distribution prompt_;
  Distribution output_;
  RankCorrelation correlation_;
};

// Reads the key `correlation` and joins the two; null where one is missing.
std::unique_ptr<Lengths> make_lengths(Parameters& parameters, std::optional<Distribution> prompt,
                                      std::optional<Distribution> output, double spearman);
std::unique_ptr<Lengths> make_lengths(Parameters& parameters, const TraceTable& table);

namespace lengths {

using Port = Lengths;
const PolicyTable<Port>& table();

}  // namespace lengths
}  // namespace kvern
