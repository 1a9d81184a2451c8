#include "analysis/summary/latency.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "analysis/summary/order_statistics.h"

namespace kvern {

namespace {

constexpr double kShares[] = {0.5, 0.9, 0.99, 0.999};
constexpr double kTicks = kTicksPerNs;
constexpr double kNoLatency = std::numeric_limits<double>::quiet_NaN();

// The value that a key of an exact series stands for.
double nanoseconds(std::uint64_t key, bool real) {
  return real ? std::bit_cast<double>(key) : static_cast<double>(key);
}

Statistics exact_percentiles(std::span<const std::span<const std::uint64_t>> parts,
                             std::uint64_t count, bool real) {
  std::array<std::uint64_t, 8> ranks{};
  std::array<double, 4> fractions{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double rank = kShares[i] * static_cast<double>(count - 1);
    ranks[2 * i] = static_cast<std::uint64_t>(rank);
    ranks[2 * i + 1] = std::min(ranks[2 * i] + 1, count - 1);
    fractions[i] = rank - static_cast<double>(ranks[2 * i]);
  }
  const std::vector<std::uint64_t> keys = order_statistics(parts, ranks);
  std::array<double, 4> p{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double below = nanoseconds(keys[2 * i], real);
    p[i] = below + fractions[i] * (nanoseconds(keys[2 * i + 1], real) - below);
  }
  return {kNoLatency, p[0], p[1], p[2], p[3], kNoLatency};
}

}  // namespace

Statistics statistics(const Histogram& itl) {
  if (itl.count() == 0)
    return {kNoLatency, kNoLatency, kNoLatency, kNoLatency, kNoLatency, kNoLatency};
  return {itl.mean_ns(),
          itl.percentile_ns(kShares[0]),
          itl.percentile_ns(kShares[1]),
          itl.percentile_ns(kShares[2]),
          itl.percentile_ns(kShares[3]),
          static_cast<double>(itl.max_ns())};
}

Latencies::Latencies(int pools, std::uint64_t exact_up_to)
    : pools_(static_cast<std::size_t>(pools)), exact_up_to_(exact_up_to) {}

void Latencies::request(const RequestRow& row) {
  if (row.status != RequestStatus::Finished) return;
  if (++finished_ == exact_up_to_ + 1) leave_exactness();
  auto& pool = pools_[row.pool];
  const auto ns = [](SimTime from, SimTime to) { return static_cast<std::uint64_t>(to - from); };
  add<false>(pool[static_cast<int>(Latency::Queue)], ns(row.arrival_ns, row.first_scheduled_ns));
  if (row.first_token_ns >= 0) {
    add<false>(pool[static_cast<int>(Latency::Ttft)], ns(row.arrival_ns, row.first_token_ns));
  }
  add<false>(pool[static_cast<int>(Latency::E2e)], ns(row.arrival_ns, row.finish_ns));
  if (row.output_tokens >= 2) {
    const double tpot = static_cast<double>(row.finish_ns - row.first_token_ns) /
                        static_cast<double>(row.output_tokens - 1);
    add<true>(pool[static_cast<int>(Latency::Tpot)], std::bit_cast<std::uint64_t>(tpot));
  }
}

template <bool real>
void Latencies::add(Series& series, std::uint64_t key) {
  series.max = std::max(series.max, key);
  if constexpr (real) {
    series.sum += std::bit_cast<double>(key);
  } else {
    series.sum_ns += static_cast<std::int64_t>(key);
  }
  if (exact()) {
    const std::uint64_t place = series.count % kKeys;
    if (place == 0) series.exact.push_back(std::make_unique_for_overwrite<Keys>());
    (*series.exact.back())[place] = key;
  } else {
    series.coarse.add(static_cast<std::int64_t>(nanoseconds(key, real)));
  }
  ++series.count;
}

std::vector<std::span<const std::uint64_t>> Latencies::keys_of(const Series& series) {
  std::vector<std::span<const std::uint64_t>> parts;
  for (const auto& keys : series.exact) {
    const std::uint64_t before = parts.size() * kKeys;
    parts.emplace_back(keys->data(), std::min<std::uint64_t>(kKeys, series.count - before));
  }
  return parts;
}

// One request too many to keep: what was kept goes to the histograms.
void Latencies::leave_exactness() {
  for (auto& pool : pools_) {
    for (int latency = 0; latency < kLatencies; ++latency) {
      Series& series = pool[static_cast<std::size_t>(latency)];
      const bool real = latency == static_cast<int>(Latency::Tpot);
      for (const auto& keys : keys_of(series)) {
        for (const std::uint64_t key : keys) {
          series.coarse.add(static_cast<std::int64_t>(nanoseconds(key, real)));
        }
      }
      series.exact.clear();
    }
  }
}

Statistics Latencies::summarise(std::span<const Series* const> all, bool real, bool exact) {
  std::vector<std::span<const std::uint64_t>> parts;
  Histogram coarse;
  std::uint64_t count = 0;
  Int128 sum_ns = 0;
  double sum = 0;
  std::uint64_t max = 0;
  for (const Series* series : all) {
    for (const auto& keys : keys_of(*series)) parts.push_back(keys);
    coarse.merge(series->coarse);
    count += series->count;
    sum_ns += series->sum_ns;
    sum += series->sum;
    max = std::max(max, series->max);
  }
  if (count == 0) return statistics(Histogram{});
  Statistics result{};
  if (exact) {
    result = exact_percentiles(parts, count, real);
  } else {
    result = statistics(coarse);
    for (double* p : {&result.p50, &result.p90, &result.p99, &result.p999}) *p *= kTicks;
  }
  result.mean = (real ? sum : static_cast<double>(sum_ns)) / static_cast<double>(count);
  result.max = nanoseconds(max, real);
  return result;
}

Statistics Latencies::of(Latency latency, int pool) const {
  const Series* one = &pools_[static_cast<std::size_t>(pool)][static_cast<std::size_t>(latency)];
  return summarise({&one, 1}, latency == Latency::Tpot, exact());
}

Statistics Latencies::of(Latency latency) const {
  std::vector<const Series*> all;
  for (const auto& pool : pools_) all.push_back(&pool[static_cast<std::size_t>(latency)]);
  return summarise(all, latency == Latency::Tpot, exact());
}

}  // namespace kvern
