// Whether this machine's memory holds what a scenario asks for, and what to name where it does not.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/program/spec/scenario.h"
#include "sim/base/config/issues.h"

namespace kvern {

// What this process may still take, in bytes; the largest number where that is not known.
std::uint64_t free_memory_bytes();
// False with an issue where the block tables of a pool are larger than the memory that is free.
bool fits_memory(const Scenario& scenario, Issues& issues);
// After an allocation failed: the keys that ask for most.
std::string out_of_memory(const Scenario& scenario);

}  // namespace kvern
