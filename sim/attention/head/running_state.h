// Linear attention's whole memory of a KV head: the sums of phi(k) v^T and of phi(k).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/ports/token_layer.h"

namespace kvern {

class RunningState {
 public:
  // Takes in the tokens up to and with `position`.
  void advance(const TokenVectors& vectors, std::uint32_t kv_head, std::uint32_t position);
  // phi(q)^T outer / phi(q).keys
  void read(std::span<const float> query, std::vector<double>& output) const;
  // A step reads the state, adds a token and writes it back; each query head of the group reads it
  // out.
  static TokenWork work(std::uint32_t dim, std::uint32_t group, double bytes);

 private:
  std::uint32_t count_ = 0;
  std::vector<double> outer_, keys_;  // [dim][dim], [dim]
};

}  // namespace kvern
