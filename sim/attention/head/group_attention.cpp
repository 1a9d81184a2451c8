#include "sim/attention/head/group_attention.h"

#include <algorithm>
#include <limits>

#include "sim/attention/head/lanes.h"

namespace kvern {
namespace {

using lanes::Floats;
using lanes::kLanes;

// Logits of Q queries and `count` <= 8 keys: dot products lane by lane, then eight sums at once.
template <int Q>
[[gnu::always_inline]] inline void logits_of_block(const GroupAttention& w, std::size_t first_query,
                                                   std::size_t first_key, std::size_t count) {
  Floats dots[Q][kLanes] = {};
  for (std::size_t k = 0; k < count; ++k) {
    Floats dot[Q] = {};
    const float* key = w.keys + (first_key + k) * w.dim;
    const float* query = w.query + first_query * w.dim;
    for (std::size_t d = 0; d < w.dim; d += kLanes) {
      Floats x;
      lanes::load(key + d, x);
      for (int q = 0; q < Q; ++q) {
        Floats y;
        lanes::load(query + q * w.dim + d, y);
        dot[q] += x * y;
      }
    }
    for (int q = 0; q < Q; ++q) dots[q][k] = dot[q];
  }
  for (int q = 0; q < Q; ++q) {
    Floats sums;
    lanes::sum_each(dots[q], sums);
    lanes::store(sums * w.scale, w.weights + (first_query + q) * w.stride + first_key);
  }
}

template <int Q>
[[gnu::always_inline]] inline void logits_of_queries(const GroupAttention& w, std::size_t query) {
  std::size_t key = 0;
  for (; key + kLanes <= w.count; key += kLanes) logits_of_block<Q>(w, query, key, kLanes);
  if (key < w.count) logits_of_block<Q>(w, query, key, w.count - key);
}

// Output dims d .. d + 15 of Q queries.
template <int Q>
[[gnu::always_inline]] inline void output_slice(const GroupAttention& w, std::size_t query,
                                                std::size_t d, bool two) {
  Floats low[Q] = {};
  Floats high[Q] = {};
  const std::size_t next = two ? kLanes : 0;
  for (std::size_t k = 0; k < w.count; ++k) {
    Floats x;
    Floats y;
    lanes::load(w.values + k * w.dim + d, x);
    lanes::load(w.values + k * w.dim + d + next, y);
    for (int q = 0; q < Q; ++q) {
      const float weight = w.weights[(query + q) * w.stride + k];
      low[q] += x * weight;
      high[q] += y * weight;
    }
  }
  for (int q = 0; q < Q; ++q) {
    lanes::store(low[q], w.output + (query + q) * w.dim + d);
    if (two) lanes::store(high[q], w.output + (query + q) * w.dim + d + kLanes);
  }
}

template <int Q>
[[gnu::always_inline]] inline void output_of_queries(const GroupAttention& w, std::size_t query) {
  std::size_t d = 0;
  for (; d + 2 * kLanes <= w.dim; d += 2 * kLanes) output_slice<Q>(w, query, d, true);
  if (d < w.dim) output_slice<Q>(w, query, d, false);
}

[[gnu::always_inline]] inline void logits(const GroupAttention& w) {
  std::size_t query = 0;
  for (; query + 3 <= w.queries; query += 3) logits_of_queries<3>(w, query);
  for (; query + 2 <= w.queries; query += 2) logits_of_queries<2>(w, query);
  for (; query < w.queries; ++query) logits_of_queries<1>(w, query);
}

[[gnu::always_inline]] inline void output(const GroupAttention& w) {
  std::size_t query = 0;
  for (; query + 3 <= w.queries; query += 3) output_of_queries<3>(w, query);
  for (; query + 2 <= w.queries; query += 2) output_of_queries<2>(w, query);
  for (; query < w.queries; ++query) output_of_queries<1>(w, query);
}

[[gnu::always_inline]] inline void softmax_row(float* row, std::size_t count) {
  const std::size_t padded = (count + kLanes - 1) / kLanes * kLanes;
  std::fill(row + count, row + padded, -std::numeric_limits<float>::infinity());  // weight 0
  Floats highest;
  lanes::load(row, highest);
  for (std::size_t k = kLanes; k < padded; k += kLanes) {
    Floats x;
    lanes::load(row + k, x);
    highest = x > highest ? x : highest;
  }
  float most = highest[0];
  for (std::size_t l = 1; l < kLanes; ++l) most = std::max(most, highest[l]);
  Floats sums = {};
  for (std::size_t k = 0; k < padded; k += kLanes) {
    Floats x;
    lanes::load(row + k, x);
    x -= most;
    lanes::exponential(x, x);
    sums += x;
    lanes::store(x, row + k);
  }
  const float share = 1 / lanes::sum_of(sums);
  for (std::size_t k = 0; k < padded; k += kLanes) {
    Floats x;
    lanes::load(row + k, x);
    lanes::store(x * share, row + k);
  }
}

enum class Part : std::uint8_t { Logits, Softmax, Output };

[[gnu::always_inline]] inline void compute(const GroupAttention& w, Part part) {
  if (part == Part::Logits) {
    logits(w);
  } else if (part == Part::Output) {
    output(w);
  } else {
    for (std::size_t q = 0; q < w.queries; ++q) softmax_row(w.weights + q * w.stride, w.count);
  }
}

[[gnu::target("avx512f,avx512vl")]] void compute_avx512(const GroupAttention& w, Part part) {
  compute(w, part);
}

[[gnu::target("avx2")]] void compute_avx2(const GroupAttention& w, Part part) { compute(w, part); }

void dispatch(const GroupAttention& w, Part part) {
  switch (lanes::vector_unit()) {
    case lanes::VectorUnit::Avx512:
      return compute_avx512(w, part);
    case lanes::VectorUnit::Avx2:
      return compute_avx2(w, part);
    case lanes::VectorUnit::Sse:
      return compute(w, part);
  }
}

}  // namespace

void attention_logits(const GroupAttention& work) { dispatch(work, Part::Logits); }
void attention_softmax(const GroupAttention& work) { dispatch(work, Part::Softmax); }
void attention_output(const GroupAttention& work) { dispatch(work, Part::Output); }

void attend(const GroupAttention& work) {
  attention_logits(work);
  attention_softmax(work);
  attention_output(work);
}

}  // namespace kvern
