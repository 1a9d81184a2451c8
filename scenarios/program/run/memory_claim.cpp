#include "scenarios/program/run/memory_claim.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace kvern {
namespace {

// Of this process, a block: its table entry, its place in the prefix index and in the queue of the
// eviction policy. Measured with lru: 1e8 blocks of two replicas took 9.7 GB.
constexpr std::uint64_t kBytesPerBlock = 48;

double gigabytes(std::uint64_t bytes) { return static_cast<double>(bytes) * 1e-9; }

std::uint64_t blocks_of(const PoolSpec& pool) {
  return pool.kv.blocks.value_or(0) * std::uint64_t{pool.replicas};
}

}  // namespace

// "MemAvailable: 123 kB" of /proc/meminfo, and no more than the process may have.
std::uint64_t free_memory_bytes() {
  std::uint64_t available = 0;
  std::ifstream info("/proc/meminfo");
  for (std::string word; info >> word;) {
    if (word == "MemAvailable:" && info >> available) break;
  }
  available *= 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    available = std::min<std::uint64_t>(available, limit.rlim_cur);
  }
  return available > 0 ? available : std::numeric_limits<std::uint64_t>::max();
}

bool fits_memory(const Scenario& scenario, Issues& issues) {
  const std::uint64_t available = free_memory_bytes();
  bool fits = true;
  for (const PoolSpec& pool : scenario.pools) {
    const std::uint64_t claimed = blocks_of(pool) * kBytesPerBlock;
    if (claimed <= available) continue;
    fits = false;
    issues.error(pool.where,
                 fmt::format("pool \"{}\": its blocks on {} replicas need about {:.3g} GB of this "
                             "machine's memory, and {:.3g} GB are free",
                             pool.name, pool.replicas, gigabytes(claimed), gigabytes(available)),
                 "fewer blocks in [pool.kv], or fewer replicas");
  }
  return fits;
}

std::string out_of_memory(const Scenario& scenario) {
  const PoolSpec* largest = nullptr;
  for (const PoolSpec& pool : scenario.pools) {
    if (largest == nullptr || blocks_of(pool) > blocks_of(*largest)) largest = &pool;
  }
  std::string text = "there is not enough memory for this run";
  if (largest != nullptr) {
    text += fmt::format("; pool \"{}\" asks for most, with {} replicas", largest->name,
                        largest->replicas);
    if (largest->kv.blocks) text += fmt::format(" of {} blocks each", *largest->kv.blocks);
  }
  return text +
         "; a table of time buckets (records.bucket) and a workload held in memory "
         "(workload.trace, workload.prefixes) come next";
}

}  // namespace kvern
