// The workloads of the speed goals: 8B-like costs, Azure 2023 conversation lengths, Poisson
// arrivals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/ports/arrivals.h"
#include "tests/lab/serving_lab.h"

namespace kvern::bench {

struct ServingCase {
  double rate = 30;  // requests a second, over all replicas
  std::uint32_t requests = 1'000'000;
  std::uint32_t replicas = 1;
  std::uint32_t blocks = 27'000;
  std::string batching = "vllm_v0(max_num_batched_tokens=16384)";
  std::string lengths = "azure2023_conversation";
};

// `records` receives what a run leaves.
ClusterSetup setup_of(const ServingCase& serving, Records& records);
std::unique_ptr<Arrivals> generated(const ServingCase& serving);

}  // namespace kvern::bench
