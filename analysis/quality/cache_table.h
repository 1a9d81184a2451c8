// What `kvern cache` found: hits of policies at capacities, as a table for people and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kvern {

struct CacheResult {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;         // blocks found, wherever in the prompt
  std::uint64_t prefix_hits = 0;  // of the leading run of each request only

  double ratio(std::uint64_t found) const {
    return accesses == 0 ? 0 : static_cast<double>(found) / static_cast<double>(accesses);
  }
};

struct CacheComparison {
  bool prefix = false;  // compared by prefix_hits, else by hits
  std::vector<std::uint32_t> capacities;
  std::vector<std::string> policies;
  std::vector<bool> clairvoyant;     // a policy of this place looks into the future
  std::vector<CacheResult> results;  // policy by policy, each at every capacity
  std::string bound_name;            // "belady"
  std::vector<CacheResult> bound;    // Belady's, at every capacity

  const CacheResult& at(std::size_t policy, std::size_t capacity) const {
    return results[policy * capacities.size() + capacity];
  }
  double ratio(const CacheResult& result) const {
    return result.ratio(prefix ? result.prefix_hits : result.hits);
  }
  // Belady's hit ratio at the same capacity - this one's.
  double regret(std::size_t policy, std::size_t capacity) const {
    return ratio(bound[capacity]) - ratio(at(policy, capacity));
  }
};

// An array of objects, policy by policy, with a line end.
std::string cache_json(const CacheComparison& comparison);
// Policies as rows, capacities as columns, the bound as the last row; the best policies of a column
// without clairvoyance carry a star.
std::string cache_table(const CacheComparison& comparison);

}  // namespace kvern
