// The workloads of the speed goals: 8B-like costs, Azure 2023 conversation lengths, Poisson
// arrivals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/ports/arrivals.h"
#include "tests/lab/serving_lab.h"

namespace kvern::bench {

struct ServingCase {
  double rate = 30;  // requests a second, over all replicas
  std::uint32_t requests = 1'000'000;
  std::uint32_t replicas = 1;
  std::uint32_t blocks = 27'000;
  bool prefix_cache = false;
  std::string eviction = "lru";
  std::string batching = "vllm_v0(max_num_batched_tokens=16384)";
  std::string lengths = "azure2023_conversation";
  std::string token_eviction;
};

std::unique_ptr<Arrivals> generated(const ServingCase& serving);

// Requests held in memory, so that a benchmark times their serving, not their drawing or reading.
class HeldRequests {
 public:
  explicit HeldRequests(Arrivals& source);
  std::size_t count() const { return requests_.size(); }
  std::uint64_t block_ids() const { return ids_.size(); }
  // A pass over them; they must outlive it.
  std::unique_ptr<Arrivals> replay() const;

 private:
  friend class HeldReplay;
  std::uint32_t block_size_;
  std::vector<Arrival> requests_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint32_t> ids_;
};

// `records` receives what a run leaves.
ClusterSetup setup_of(const ServingCase& serving, std::unique_ptr<Arrivals> arrivals,
                      Records& records);

}  // namespace kvern::bench
