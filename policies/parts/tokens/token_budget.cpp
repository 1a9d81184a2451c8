#include "policies/parts/tokens/token_budget.h"

#include <algorithm>
#include <string>

#include "sim/base/exact_math.h"

namespace kvern::token_eviction {

std::uint32_t budget_tokens(double share, const TokenBounds& bounds) {
  const std::uint64_t whole = bounds.prompt_tokens > 0 ? bounds.prompt_tokens : bounds.tokens;
  const auto ppm = static_cast<std::uint64_t>(exact::nearest_whole(share * 1e6));
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, whole * ppm / 1'000'000));
}

std::optional<double> read_budget(Parameters& p, const std::vector<const char*>& sizes,
                                  bool sizes_have_defaults) {
  const auto budget = p.find<Share>(
      "budget", "share of the prompt, or of the sequence without one, that is kept", {1e-6, 1});
  bool sized = false;
  std::string words;
  for (const char* size : sizes) {
    if (budget && p.has(size)) p.error(size, std::string(size) + " does not go with budget");
    sized = sized || p.has(size);
    words += (words.empty() ? "" : ", ") + std::string(size);
  }
  if (!budget && !sized && !sizes_have_defaults) {
    p.error("budget", "this policy needs a size", "give " + words + ", or budget=0.2");
  }
  return budget ? std::optional(budget->value) : std::nullopt;
}

std::uint32_t read_size(Parameters& p, const char* key, const char* doc, double least) {
  return p.find<std::uint32_t>(key, doc, {least, 1e9}).value_or(0);
}

CacheSize::CacheSize(Parameters& p, const char* doc)
    : size_(read_size(p, "size", doc)), budget_(read_budget(p, {"size"}, false)) {}

TokenLine grows_to(std::uint32_t n, std::uint32_t most) {
  if (n >= most) return {most, 0, kAlways};
  return {n, 1, std::int64_t{most} - n + 1};
}

}  // namespace kvern::token_eviction
