#include "sim/energy/attribution.h"

namespace kvern {
namespace {

double pairs_of(const PrefillChunk& chunk) {
  const double tokens = chunk.tokens;
  return tokens * chunk.before + tokens * (tokens + 1) / 2;
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

void StepShares::set(Attribution rule, std::uint32_t decodes,
                     std::span<const PrefillChunk> chunks) {
  double tokens = decodes, samples = decodes, pairs = 0, reads = 0;
  for (const PrefillChunk& chunk : chunks) {
    tokens += chunk.tokens;
    samples += chunk.samples ? 1 : 0;
    pairs += pairs_of(chunk);
    reads += static_cast<double>(chunk.before) + chunk.tokens;
  }
  const double sequences = static_cast<double>(decodes) + static_cast<double>(chunks.size());
  const bool by_token = rule == Attribution::TokenShare;
  const double whole = by_token ? tokens : sequences;
  decodes_ = {share(decodes, whole), share(decodes, tokens), share(decodes, samples), 0, 0};
  chunks_.clear();
  for (const PrefillChunk& chunk : chunks) {
    const double own = chunk.tokens;
    chunks_.push_back({share(by_token ? own : 1, whole), share(own, tokens),
                       share(chunk.samples ? 1 : 0, samples), share(pairs_of(chunk), pairs),
                       share(static_cast<double>(chunk.before) + own, reads)});
  }
}

// Cut to whole pJ: the last chunk of a step takes what is left over.
std::int64_t StepShares::paid(const Shares& shares, std::int64_t together, const Caused& own) {
  return static_cast<std::int64_t>(shares.together * static_cast<double>(together) +
                                   shares.tokens * static_cast<double>(own.tokens) +
                                   shares.samples * static_cast<double>(own.samples) +
                                   shares.pairs * static_cast<double>(own.pairs) +
                                   shares.reads * static_cast<double>(own.reads));
}

std::int64_t StepShares::decodes(std::int64_t together, const Caused& own) const {
  return paid(decodes_, together, own);
}

std::int64_t StepShares::chunk(std::size_t i, std::int64_t together, const Caused& own) const {
  return paid(chunks_[i], together, own);
}

}  // namespace kvern
