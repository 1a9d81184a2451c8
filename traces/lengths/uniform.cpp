// uniform: every whole number of tokens within the limits alike.
#include "traces/lengths.h"

namespace kvern::lengths::uniform {
namespace {

Distribution read(Parameters& p, const char* min_key, const char* max_key, const char* what) {
  constexpr Range kTokens{1, 1e8};
  const auto low = p.require<std::int64_t>(min_key, std::string("fewest ") + what, kTokens);
  const auto high = p.require<std::int64_t>(max_key, std::string("most ") + what, kTokens);
  if (low > high) p.error(max_key, std::string(max_key) + " is below " + min_key);
  return Distribution::uniform(static_cast<double>(low) - 0.5, static_cast<double>(high) + 0.5);
}

}  // namespace

std::unique_ptr<Lengths> make(Parameters& p) {
  const Distribution prompt = read(p, "prompt_min", "prompt_max", "prompt tokens");
  const Distribution output = read(p, "output_min", "output_max", "output tokens");
  return make_lengths(p, prompt, output, 0);
}

}  // namespace kvern::lengths::uniform
