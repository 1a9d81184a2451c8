// Prefix caches between runs: `kvern run --save-cache FILE` and `--load-cache FILE`. An HDF5 file
// with one table, /blocks: every replica's blocks in the order of eviction (CachedBlock's fields).
// Root attributes: format = "kvern.cache", version = 1, block_size, replicas, and `workload`, which
// says whose block names these are: names of another workload mean other contents.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/program/spec/scenario.h"
#include "sim/kv/cache_state.h"

namespace kvern {

// By replica. Throws OutsideError.
void save_caches(const std::string& file, const Scenario& scenario,
                 const std::vector<CacheState>& caches);
// Empty, with issues, when the file is none, or is of another workload, block size or number of
// replicas. Throws OutsideError when it is damaged.
std::optional<std::vector<CacheState>> load_caches(const std::string& file,
                                                   const Scenario& scenario, Issues& issues);

}  // namespace kvern
