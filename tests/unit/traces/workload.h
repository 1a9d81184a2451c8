// Workloads from the text a scenario would hold.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "traces/generate/generated_arrivals.h"

namespace kvern::workloads {

struct Texts {
  std::string arrivals = "poisson(rate=10 req/s)";
  std::string lengths = "constant(prompt=100, output=10)";
  std::string prefixes;
  std::string tenants;
  std::optional<std::uint32_t> requests = 1000;
  std::optional<std::uint32_t> max_tokens;
  std::optional<Distribution> patience_ns;
  bool hangs_up = true;
};

inline std::unique_ptr<GeneratedArrivals> try_workload(const Texts& texts, Issues& issues,
                                                       std::uint64_t seed = 1,
                                                       std::uint32_t block_size = 16,
                                                       KeyBook* book = nullptr) {
  const auto parse = [&](const std::string& text) {
    return text.empty() ? Config() : parse_policy(text, {"a.toml", 3, 12}, issues);
  };
  WorkloadSpec spec;
  spec.arrivals = parse(texts.arrivals);
  spec.lengths = parse(texts.lengths);
  spec.prefixes = parse(texts.prefixes);
  spec.tenants = parse(texts.tenants);
  spec.requests = texts.requests;
  spec.max_tokens = texts.max_tokens;
  spec.patience_ns = texts.patience_ns;
  spec.hangs_up = texts.hangs_up;
  spec.where = {"a.toml", 2, 1};
  return make_generated_arrivals(spec, seed, block_size, issues, book);
}

inline std::unique_ptr<GeneratedArrivals> workload(const Texts& texts, std::uint64_t seed = 1,
                                                   std::uint32_t block_size = 16) {
  Issues issues;
  auto result = try_workload(texts, issues, seed, block_size);
  EXPECT_NE(result, nullptr) << issues.text();
  return result;
}

struct Seen {
  Arrival arrival;  // its span is `blocks`
  std::vector<std::uint32_t> blocks;
};

// Runs it dry; each request is answered `service` after it arrived, in that order.
inline std::vector<Seen> run_dry(GeneratedArrivals& arrivals, SimTime service = 0) {
  std::vector<Seen> all;
  std::size_t answered = 0;
  for (;;) {
    const SimTime next = arrivals.next_time();
    if (answered < all.size() && all[answered].arrival.time + service <= next) {
      const Arrival& done = all[answered++].arrival;
      arrivals.finished(done.id, done.time + service);
      continue;
    }
    if (next == kNever) break;
    Seen seen;
    arrivals.pop(seen.arrival);
    EXPECT_EQ(seen.arrival.time, next);
    seen.blocks.assign(seen.arrival.blocks.begin(), seen.arrival.blocks.end());
    all.push_back(std::move(seen));
  }
  EXPECT_EQ(arrivals.failure(), "");
  return all;
}

}  // namespace kvern::workloads
