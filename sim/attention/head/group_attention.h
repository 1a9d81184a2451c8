// Softmax attention of the query heads of one group over their KV head's cache, float32: the closed
// loop's inner kernel. Keys and values are contiguous [count][dim], so a cache line is read once
// for all queries of the group; the memory's speed is the kernel's.
#pragma once

#include <cstddef>

namespace kvern {

struct GroupAttention {
  std::size_t dim = 0;            // a multiple of 8
  std::size_t queries = 0;        // heads of the group, any number
  const float* query = nullptr;   // [queries][dim], rotated
  const float* keys = nullptr;    // [count][dim], rotated
  const float* values = nullptr;  // [count][dim]
  std::size_t count = 0;          // >= 1
  float scale = 1;                // of the logits: 1 / sqrt(dim)
  // [queries][stride], stride >= count rounded up to 8: receives the attention weights, each
  // query's first `count` summing to 1.
  float* weights = nullptr;
  std::size_t stride = 0;
  float* output = nullptr;  // [queries][dim]
};

// Sums run in a fixed order: the same bits on any x86-64 machine, and a query's result depends
// neither on the others of its group nor on what lies beyond `count`.
void attend(const GroupAttention& work);
// The parts: logits into `weights`; weights from logits; output from weights.
void attention_logits(const GroupAttention& work);
void attention_softmax(const GroupAttention& work);
void attention_output(const GroupAttention& work);

}  // namespace kvern
