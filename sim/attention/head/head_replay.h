// What a replay measures of one KV head under a policy, and of one decode step: shared by the open
// and the closed loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/ports/token_layer.h"

namespace kvern {

// A KV head under a policy. Sums run over decode steps x query heads of the group.
struct HeadReplay {
  std::vector<std::uint32_t> kept;    // positions visible at the next step
  std::vector<std::uint32_t> hidden;  // resident but masked then
  std::uint32_t steps = 0;
  std::uint64_t rows = 0;       // that recall is of: all but the null ones
  std::uint64_t null_rows = 0;  // full rows without any mass
  double recall_sum = 0, recall_min = 1;
  double error_sum = 0;     // norm(o - o~) / norm(o)
  double overlap_sum = 0;   // share of what is read that a per-step oracle of that size reads too
  double sparsity_sum = 0;  // share of the full row's entries below 1 % of its largest
  // Tokens of the first half of the decode steps' texts that are pivotal to the first half of the
  // steps, and how many of these stay so in the second: see Persistence.
  std::uint32_t pivotal = 0, persistent = 0;
  std::uint32_t resident_max = 0;    // after eviction
  std::uint32_t read_last_step = 0;  // tokens a query head reads, the new one among them
  TokenWork work;                    // of the decode steps, the policy's own included
  TokenWork own;                     // the policy's part of it

  // Several heads as one: sums, and the most or least of what isn't one. `kept` and `hidden` are
  // left alone: they are one head's.
  HeadReplay& operator+=(const HeadReplay& other);
};

// One decode step: sums over a layer's KV heads (layers and policies add up).
struct StepReplay {
  std::uint32_t heads = 0;     // KV heads
  std::uint32_t rows = 0;      // query heads with a row
  std::uint64_t resident = 0;  // after eviction
  std::uint64_t read = 0;      // tokens read by any query head of the group, the new one too
  TokenWork attention;         // without the policy's own
  TokenWork own;
  std::uint64_t null_rows = 0;   // as HeadReplay has them
  double recall = 0, error = 0;  // over rows
  double overlap = 0, sparsity = 0;

  StepReplay& operator+=(const StepReplay& other);
};

// Of a query head that reads so many tokens: two a multiply-add for scores and values; exp, sum and
// division.
inline std::uint64_t attention_flops(std::uint64_t tokens, std::uint32_t dim) {
  return tokens * (4 * std::uint64_t{dim} + 3);
}

// Of keys and values of so many tokens, as they are appended.
inline std::uint64_t plain_bytes(const TokenLayer& layer, std::uint64_t tokens) {
  return static_cast<std::uint64_t>(static_cast<double>(tokens * 2 * layer.vectors.dim) *
                                    layer.kv_bytes);
}

// Share of the full row's mass that is read, how the slots read compare with the best ones, and
// norm(o - o~) / norm(o) of the output, which read_row() leaves at 0. `mass` is the full row (sums
// to 1, or to 0), `positions` those read, ascending; nothing read is all that could be.
struct RowReading {
  double recall = 0, overlap = 0, sparsity = 0;
  double error = 0;
};
template <class Number>
RowReading read_row(std::span<const Number> mass, std::span<const std::uint32_t> positions,
                    std::vector<Number>& scratch);

// Whether tokens that matter keep mattering (Liu et al., arXiv 2305.17118, in kind): of the tokens
// before the middle of the decode steps, those whose mean mass over the rows that see them exceeds
// the mean share 1 / (i + 1) of these rows, counted in the first half of the steps and in the
// second.
class Persistence {
 public:
  Persistence(std::uint32_t first_step, std::uint32_t tokens)
      : middle_(first_step + (tokens - first_step) / 2) {
    for (auto& half : excess_) half.assign(middle_, 0.0);
  }
  template <class Number>
  void add(std::uint32_t position, std::span<const Number> mass) {
    auto& excess = excess_[position < middle_ ? 0 : 1];
    const double fair = 1.0 / (position + 1.0);
    const std::size_t count = std::min<std::size_t>(mass.size(), middle_);
    for (std::size_t j = 0; j < count; ++j) excess[j] += double{mass[j]} - fair;
  }
  void count(HeadReplay& head) const {
    for (std::uint32_t j = 0; j < middle_; ++j) {
      if (excess_[0][j] <= 0) continue;
      ++head.pivotal;
      head.persistent += excess_[1][j] > 0 ? 1 : 0;
    }
  }

 private:
  std::uint32_t middle_;
  std::array<std::vector<double>, 2> excess_;
};

}  // namespace kvern
