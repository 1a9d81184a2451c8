#include "traces/prefixes.h"

#include "traces/generate/distribution_reader.h"

namespace kvern {

SystemPromptKeys read_system_prompts(Parameters& p, std::uint32_t default_count) {
  SystemPromptKeys keys;
  keys.count = p.get("count", default_count, "number of system prompts", Range{0, 1e6});
  keys.skew =
      p.get("skew", 1.0, "popularity of the one of rank k: k^-skew; 0 = all alike", Range{0, 20});
  const auto tokens =
      p.get("tokens", std::int64_t{512}, "length of each system prompt", Range{1, 1e8});
  keys.tokens = distribution_key(p, "token_lengths", "",
                                 "distribution of their lengths, in place of `tokens`");
  if (!keys.tokens) keys.tokens = Distribution::constant(static_cast<double>(tokens));
  keys.inside =
      p.choice("placement", "before", {"before", "inside"},
               "before: added to the drawn prompt; inside: part of it, cut to it") == "inside";
  return keys;
}

}  // namespace kvern
