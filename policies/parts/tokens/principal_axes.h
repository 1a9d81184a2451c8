// Principal directions of a KV head's keys.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

// Unit eigenvectors [dim][dim] of the covariance of the keys 0 .. count-1, by falling eigenvalue;
// by cyclic Jacobi rotations, so the same bits on any machine.
std::vector<double> principal_axes(const TokenVectors& vectors, std::uint32_t kv_head,
                                   std::uint32_t count);

}  // namespace kvern::token_eviction
