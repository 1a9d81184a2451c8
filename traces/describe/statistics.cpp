#include "traces/describe/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kvern {

namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double percentile(const std::vector<std::uint32_t>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + part * (static_cast<double>(sorted[above]) - sorted[below]);
}

LengthStatistics lengths(std::vector<std::uint32_t> values) {
  std::sort(values.begin(), values.end());
  LengthStatistics s;
  s.sum = std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  s.mean = static_cast<double>(s.sum) / static_cast<double>(values.size());
  s.p50 = percentile(values, .5);
  s.p90 = percentile(values, .9);
  s.p99 = percentile(values, .99);
  s.max = values.back();
  return s;
}

// Population variance about a known mean.
template <class T>
double variance(const std::vector<T>& values, double mean) {
  double sum = 0;
  for (const T value : values) {
    const double off = static_cast<double>(value) - mean;
    sum += off * off;
  }
  return sum / static_cast<double>(values.size());
}

std::uint64_t fullest_bin(const std::vector<SimTime>& arrivals, SimTime bin) {
  std::uint64_t fullest = 0;
  for (std::size_t i = 0; i < arrivals.size();) {
    const SimTime place = (arrivals[i] - arrivals.front()) / bin;
    std::size_t end = i;
    while (end < arrivals.size() && (arrivals[end] - arrivals.front()) / bin == place) ++end;
    fullest = std::max<std::uint64_t>(fullest, end - i);
    i = end;
  }
  return fullest;
}

double dispersion(const std::vector<SimTime>& arrivals, SimTime bin) {
  constexpr SimTime most_bins = 100'000'000;
  if ((arrivals.back() - arrivals.front()) / bin > most_bins) return kUndefined;
  std::vector<std::uint64_t> counts = arrival_counts(arrivals, bin);
  counts.pop_back();  // the last one is partial
  if (counts.size() < 2) return kUndefined;
  const double mean =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0})) /
      static_cast<double>(counts.size());
  return variance(counts, mean) / mean;
}

template <class T>
double correlation(const std::vector<T>& x, const std::vector<T>& y) {
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = static_cast<double>(x[i]) - mean_x;
    const double dy = static_cast<double>(y[i]) - mean_y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : kUndefined;
}

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<std::uint32_t>& values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) {
      rank[order[k]] = (static_cast<double>(i) + static_cast<double>(end) + 1) / 2;
    }
    i = end;
  }
  return rank;
}

constexpr std::uint16_t kAllCategories = UINT16_MAX;

bool is_counted(const Trace& trace, std::size_t row, std::uint16_t category) {
  return category == kAllCategories || trace.category[row] == category;
}

void count_sessions(const Trace& trace, std::uint16_t category, TraceStatistics& s) {
  std::vector<bool> seen;
  for (std::size_t row = 0; row < trace.session.size(); ++row) {
    if (trace.session[row] < 0 || !is_counted(trace, row, category)) continue;
    const auto session = static_cast<std::size_t>(trace.session[row]);
    if (session >= seen.size()) seen.resize(session + 1, false);
    s.sessions += seen[session] ? 0 : 1;
    seen[session] = true;
  }
}

void count_blocks(const Trace& trace, std::uint16_t category, TraceStatistics& s) {
  std::vector<bool> seen(trace.header.distinct_blocks, false);
  std::vector<std::uint32_t> ids;
  for (std::size_t row = 0; row < trace.blocks.rows(); ++row) {
    if (!is_counted(trace, row, category)) continue;
    trace.blocks.read(row, ids);
    s.block_references += ids.size();
    std::uint64_t repeats = 0;
    for (const std::uint32_t id : ids) {
      repeats += seen[id] ? 1 : 0;
      seen[id] = true;
    }
    s.block_repeats += repeats;
    s.tokens_repeated +=
        std::min<std::uint64_t>(repeats * trace.header.block_size, trace.prompt_tokens[row]);
  }
}

void describe_arrivals(const std::vector<SimTime>& arrivals, TraceStatistics& s) {
  s.span_ns = arrivals.back() - arrivals.front();
  s.peak_per_minute = fullest_bin(arrivals, 60 * kSecond);
  s.rate_per_s = s.gap_cv = kUndefined;
  s.dispersion = {dispersion(arrivals, kSecond), dispersion(arrivals, 10 * kSecond),
                  dispersion(arrivals, 60 * kSecond)};
  if (s.span_ns == 0) return;
  s.rate_per_s = static_cast<double>(s.requests) * 1e9 / static_cast<double>(s.span_ns);
  const auto gaps = static_cast<double>(arrivals.size() - 1);
  const double mean = static_cast<double>(s.span_ns) / gaps;
  double squares = 0;
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    const SimTime gap = arrivals[i] - arrivals[i - 1];
    s.gap_max_ns = std::max(s.gap_max_ns, gap);
    s.gaps_zero += gap == 0 ? 1 : 0;
    const double off = static_cast<double>(gap) - mean;
    squares += off * off;
  }
  s.gap_cv = std::sqrt(squares / gaps) / mean;
}

void describe_lengths(const std::vector<std::uint32_t>& prompts,
                      const std::vector<std::uint32_t>& outputs, TraceStatistics& s) {
  s.prompt = lengths(prompts);
  s.output = lengths(outputs);
  s.without_output = static_cast<std::uint64_t>(std::count(outputs.begin(), outputs.end(), 0U));
  s.pearson = correlation(prompts, outputs);
  s.spearman = correlation(ranks(prompts), ranks(outputs));
}

}  // namespace

std::vector<std::uint64_t> arrival_counts(const std::vector<SimTime>& arrivals, SimTime bin) {
  std::vector<std::uint64_t> counts;
  for (const SimTime time : arrivals) {
    const auto place = static_cast<std::size_t>((time - arrivals.front()) / bin);
    if (place >= counts.size()) counts.resize(place + 1);
    ++counts[place];
  }
  return counts;
}

TraceStatistics trace_statistics(const Trace& trace) {
  TraceStatistics s;
  s.requests = trace.rows();
  describe_arrivals(trace.arrival_ns, s);
  describe_lengths(trace.prompt_tokens, trace.output_tokens, s);
  count_sessions(trace, kAllCategories, s);
  count_blocks(trace, kAllCategories, s);
  return s;
}

TraceStatistics trace_statistics(const Trace& trace, const std::string& category) {
  TraceStatistics s;
  const auto name = std::find(trace.categories.begin(), trace.categories.end(), category);
  if (name == trace.categories.end()) return s;
  const auto id = static_cast<std::uint16_t>(name - trace.categories.begin());
  std::vector<SimTime> arrivals;
  std::vector<std::uint32_t> prompts;
  std::vector<std::uint32_t> outputs;
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    if (trace.category[row] != id) continue;
    arrivals.push_back(trace.arrival_ns[row]);
    prompts.push_back(trace.prompt_tokens[row]);
    outputs.push_back(trace.output_tokens[row]);
  }
  s.requests = arrivals.size();
  describe_arrivals(arrivals, s);
  describe_lengths(prompts, outputs, s);
  count_sessions(trace, id, s);
  count_blocks(trace, id, s);
  return s;
}

}  // namespace kvern
