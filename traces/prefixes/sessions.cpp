// sessions: conversations with growing prefixes, in a closed loop: the next turn arrives a think
// time after the previous answer. The workload's arrivals start sessions.
#include "traces/generate/distribution_reader.h"
#include "traces/prefixes.h"

namespace kvern::prefixes::sessions {

std::unique_ptr<Prefixes> make(Parameters& p) {
  auto prefixes = std::make_unique<Prefixes>();
  SessionKeys keys;
  keys.turns = distribution_key(p, "turns", "geometric(mean=5)", "requests a session");
  keys.think_ns = distribution_key(p, "think", "exponential(mean=10 s)",
                                   "from an answer to the next turn", Drawn::Times);
  keys.first_tokens = distribution_key(p, "first_tokens", "",
                                       "the first turn's tokens; absent: the prompt lengths");
  keys.new_tokens = distribution_key(p, "new_tokens", "",
                                     "what each later turn adds; absent: the prompt lengths");
  keys.context_max = p.get("context_max", std::uint32_t{0},
                           "a turn whose prompt and output exceed it ends the session; 0: no limit",
                           Range{0, 1e9});
  prefixes->system = read_system_prompts(p, 0);
  prefixes->sessions = std::move(keys);
  return prefixes;
}

}  // namespace kvern::prefixes::sessions
