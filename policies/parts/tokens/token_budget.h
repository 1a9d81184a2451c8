// How large a token policy's cache is: in tokens, or as a share of the sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/config/parameters.h"
#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

// B = max(1, N ppm div 10^6), ppm = round(10^6 share): N tokens of the prompt, or of the sequence
// without one.
std::uint32_t budget_tokens(double share, const TokenBounds& bounds);

// The key `budget`, in place of the keys `sizes`: giving both is an issue, and so is neither where
// the sizes have no defaults.
std::optional<double> read_budget(Parameters& p, const std::vector<const char*>& sizes,
                                  bool sizes_have_defaults);

// A count that stands for a budget when absent; 0 then.
std::uint32_t read_size(Parameters& p, const char* key, const char* doc, double least = 1);

// `size` or `budget`, one of them.
class CacheSize {
 public:
  explicit CacheSize(Parameters& p, const char* doc = "tokens kept after a step");
  std::uint32_t of(const TokenBounds& bounds) const {
    return budget_ ? budget_tokens(*budget_, bounds) : size_;
  }

 private:
  std::uint32_t size_;
  std::optional<double> budget_;
};

// min(n, most) as a line.
TokenLine grows_to(std::uint32_t n, std::uint32_t most);

}  // namespace kvern::token_eviction
