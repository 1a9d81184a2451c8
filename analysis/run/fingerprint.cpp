#include "analysis/run/fingerprint.h"

#include <fmt/format.h>

#include <array>

#include "sim/base/random.h"

namespace kvern {

namespace {

__extension__ typedef unsigned __int128 Uint128;

// Each word is combined with a number of its place, so that a value in another column changes the
// hash, and kinds of rows differ by how many words they have, zero or not; pairs are multiplied and
// folded (the step of wyhash), and the results added: no pair waits for another, 4x faster than a
// chain of mix().
template <std::size_t N>
std::uint64_t hash_words(const std::array<std::uint64_t, N>& words) {
  static_assert(N % 2 == 0);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < N; i += 2) {
    const Uint128 product = Uint128{words[i] ^ mix(i)} * (words[i + 1] ^ mix(i + 1));
    sum += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  return mix(sum);
}

std::uint64_t u64(SimTime time) { return static_cast<std::uint64_t>(time); }

// Two columns in one word, the earlier one in the lower bits.
std::uint64_t pair(std::uint32_t low, std::uint32_t high) {
  return low | static_cast<std::uint64_t>(high) << 32;
}

}  // namespace

std::uint64_t Fingerprint::hash(const RequestRow& r) {
  const std::uint64_t place =
      static_cast<std::uint64_t>(r.status) | static_cast<std::uint64_t>(r.pool) << 8 |
      static_cast<std::uint64_t>(r.replica) << 24 | static_cast<std::uint64_t>(r.tenant) << 40;
  return hash_words<10>({r.id, place, u64(r.arrival_ns), u64(r.first_scheduled_ns),
                         u64(r.first_token_ns), u64(r.finish_ns),
                         pair(r.prompt_tokens, r.output_tokens),
                         pair(r.cached_tokens, r.resumed_tokens),
                         pair(r.recomputed_tokens, r.preemptions), u64(r.energy_nj)});
}

std::uint64_t Fingerprint::hash(const BucketRow& b) {
  return hash_words<16>({u64(b.start_ns), b.pool, b.arrived, b.finished, b.preemptions, b.evictions,
                         b.running_max, b.waiting_max, b.blocks_used_max, b.steps, b.prefill_tokens,
                         b.decode_tokens, b.sequence_steps, b.kv_token_steps, u64(b.busy_ns),
                         u64(b.energy_nj)});
}

std::uint64_t Fingerprint::hash(const TransferRow& t) {
  return hash_words<8>(
      {u64(t.start_ns), u64(t.end_ns), t.kind, t.from, t.to, t.request, t.bytes, u64(t.energy_nj)});
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", value()); }

}  // namespace kvern
