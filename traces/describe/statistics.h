// What a trace looks like in numbers. Percentiles: linear interpolation between the order
// statistics.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "traces/replay/trace.h"

namespace kvern {

struct LengthStatistics {  // tokens
  std::uint64_t sum = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  std::uint32_t max = 0;
};

struct TraceStatistics {
  std::uint64_t requests = 0;
  SimTime span_ns = 0;  // first to last arrival
  LengthStatistics prompt;
  LengthStatistics output;
  std::uint64_t without_output = 0;  // requests
  double rate_per_s = 0;             // requests / span
  // Of gaps between arrivals, zeros included: population standard deviation / mean.
  double gap_cv = 0;
  SimTime gap_max_ns = 0;
  std::uint64_t gaps_zero = 0;
  std::uint64_t peak_per_minute = 0;  // the fullest 60 s from the first arrival, a whole bin or not
  // Index of dispersion: population variance / mean of counts in bins of 1, 10 and 60 s from the
  // first arrival, the last partial one dropped; NaN with fewer than two bins.
  std::array<double, 3> dispersion{};
  double pearson = 0;   // of prompt and output tokens; NaN when one never changes
  double spearman = 0;  // ties get their mean rank
  std::uint64_t sessions = 0;
  std::uint64_t block_references = 0;
  // With a cache that forgets nothing: references seen before, and the prompt tokens they cover.
  std::uint64_t block_repeats = 0;
  std::uint64_t tokens_repeated = 0;
};

// Of all requests (at least one), or only of those whose category has this name.
TraceStatistics trace_statistics(const Trace& trace);
TraceStatistics trace_statistics(const Trace& trace, const std::string& category);

// Requests in each whole or partial bin from the first arrival.
std::vector<std::uint64_t> arrival_counts(const std::vector<SimTime>& arrivals, SimTime bin);

// As a table for people: statistics, header, provenance.
std::string statistics_text(const TraceStatistics& statistics, const Trace& trace);

}  // namespace kvern
