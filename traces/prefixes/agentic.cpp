// agentic: sessions of coding agents: long contexts, many turns, short outputs. Quantiles at 5, 25,
// 50, 75 and 95 % of 710 recorded sessions (WEKA KV-cache traces); the ends are held beyond.
#include "traces/generate/distribution_reader.h"
#include "traces/prefixes.h"

namespace kvern::prefixes::agentic {
namespace {

constexpr double kPercents[] = {5, 25, 50, 75, 95};
constexpr double kFirstPrompt[] = {13048, 18600, 24454, 104058, 374960};
constexpr double kTurns[] = {4, 18, 45, 94, 231.6};
constexpr double kGrowth[] = {149, 324, 646, 1534, 6126};  // includes the last output
constexpr double kOutput[] = {89, 137, 214, 426, 1544};
constexpr double kThinkNs[] = {3e9, 6e9, 10e9, 34e9, 472e9};

}  // namespace

std::unique_ptr<Prefixes> make(Parameters& p) {
  auto prefixes = std::make_unique<Prefixes>();
  SessionKeys keys;
  keys.turns = Distribution::quantiles(kPercents, kTurns);
  keys.think_ns = Distribution::quantiles(kPercents, kThinkNs);
  keys.first_tokens = Distribution::quantiles(kPercents, kFirstPrompt);
  keys.growth_tokens = Distribution::quantiles(kPercents, kGrowth);
  keys.output_tokens = Distribution::quantiles(kPercents, kOutput);
  keys.context_max = p.get("context_max", std::uint32_t{0},
                           "a turn whose prompt and output exceed it ends the session; 0: no limit",
                           Range{0, 1e9});
  prefixes->sessions = std::move(keys);
  prefixes->brings_lengths = true;
  return prefixes;
}

}  // namespace kvern::prefixes::agentic
