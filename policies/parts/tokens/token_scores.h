// What token policies score with: folds over the query heads of a group, running column sums, and
// the two ways to choose: the best stay, or the worst go. Equal values: the lowest index is chosen.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/base/config/parameters.h"
#include "sim/base/drop_slots.h"
#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

enum class Fold : std::uint8_t { Mean, Sum, Max };
Fold read_fold(Parameters& p);
// Of `rows` rows of equal length, heads ascending.
void fold_rows(Fold fold, std::span<const double> values, std::size_t rows,
               std::vector<double>& folded);

// Indices outside the `keep` highest, ascending; of equals the lowest index stays.
void outside_top(std::span<const double> values, std::size_t keep,
                 std::vector<std::uint32_t>& outside);
// Indices of the `drop` lowest, ascending; of equals the lowest index goes.
void lowest(std::span<const double> values, std::size_t drop, std::vector<std::uint32_t>& found);
// Indices of the `keep` highest, ascending; of equals the lowest index is in.
void top(std::span<const double> values, std::size_t keep, std::vector<std::uint32_t>& found);

// Accumulated attention of the kept tokens of one KV head, by query head.
class ColumnSums {
 public:
  void reset(std::uint32_t group) { sums_.assign(group, {}); }
  // The rows first .. last-1 of the prompt, in order.
  void add_prompt(AttentionRows& rows, std::uint32_t first_query_head, std::uint32_t first,
                  std::uint32_t last);
  // A step's rows; what was not there before joins with 0.
  void add(const TokenHead& head);
  void drop(std::span<const std::uint32_t> slots) {
    for (auto& sums : sums_) drop_slots(sums, slots);
  }
  void clear(std::uint32_t slot) {
    for (auto& sums : sums_) sums[slot] = 0;
  }
  std::span<const double> folded(Fold fold);

 private:
  std::vector<std::vector<double>> sums_;
  std::vector<double> folded_;
};

}  // namespace kvern::token_eviction
