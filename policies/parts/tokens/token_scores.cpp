#include "policies/parts/tokens/token_scores.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace kvern::token_eviction {
namespace {

// Values of row g at column j.
template <class At>
void fold_columns(Fold fold, std::size_t rows, std::size_t columns, At at,
                  std::vector<double>& folded) {
  folded.resize(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    double value = at(0, j);
    for (std::size_t g = 1; g < rows; ++g) {
      value = fold == Fold::Max ? std::max(value, at(g, j)) : value + at(g, j);
    }
    folded[j] = fold == Fold::Mean ? value / static_cast<double>(rows) : value;
  }
}

// The first `count` of all indices in the order `before`, ascending.
template <class Before>
void first_of(std::size_t size, std::size_t count, Before before,
              std::vector<std::uint32_t>& found) {
  found.resize(size);
  std::iota(found.begin(), found.end(), 0U);
  if (count < size) {
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                     before);
    found.resize(count);
  }
  std::sort(found.begin(), found.end());
}

}  // namespace

Fold read_fold(Parameters& p) {
  const std::string word = p.choice("fold", "mean", {"mean", "sum", "max"},
                                    "scores of the query heads that share a KV head become one");
  return word == "max" ? Fold::Max : word == "sum" ? Fold::Sum : Fold::Mean;
}

void fold_rows(Fold fold, std::span<const double> values, std::size_t rows,
               std::vector<double>& folded) {
  const std::size_t columns = values.size() / rows;
  fold_columns(
      fold, rows, columns, [&](std::size_t g, std::size_t j) { return values[g * columns + j]; },
      folded);
}

void outside_top(std::span<const double> values, std::size_t keep,
                 std::vector<std::uint32_t>& outside) {
  outside.clear();
  if (values.size() <= keep) return;
  if (values.size() == keep + 1) {  // the usual step: the last of the lowest goes
    std::size_t least = 0;
    for (std::size_t j = 1; j < values.size(); ++j) {
      if (values[j] <= values[least]) least = j;
    }
    outside.push_back(static_cast<std::uint32_t>(least));
    return;
  }
  const auto worse = [&](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a > b;
  };
  first_of(values.size(), values.size() - keep, worse, outside);
}

void lowest(std::span<const double> values, std::size_t drop, std::vector<std::uint32_t>& found) {
  const auto lower = [&](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  };
  first_of(values.size(), std::min(drop, values.size()), lower, found);
}

void top(std::span<const double> values, std::size_t keep, std::vector<std::uint32_t>& found) {
  const auto higher = [&](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  };
  first_of(values.size(), std::min(keep, values.size()), higher, found);
}

void ColumnSums::add_prompt(AttentionRows& rows, std::uint32_t first_query_head,
                            std::uint32_t first, std::uint32_t last) {
  for (std::size_t g = 0; g < sums_.size(); ++g) {
    sums_[g].resize(std::max<std::size_t>(sums_[g].size(), last));
    for (std::uint32_t i = first; i < last; ++i) {
      const auto row = rows.mass(first_query_head + static_cast<std::uint32_t>(g), i);
      for (std::size_t j = 0; j < row.size(); ++j) sums_[g][j] += row[j];
    }
  }
}

void ColumnSums::add(const TokenHead& head) {
  for (std::size_t g = 0; g < sums_.size(); ++g) {
    const auto row = head.row(static_cast<std::uint32_t>(g));
    sums_[g].resize(row.size());
    for (std::size_t j = 0; j < row.size(); ++j) sums_[g][j] += row[j];
  }
}

std::span<const double> ColumnSums::folded(Fold fold) {
  if (sums_.size() == 1) return sums_.front();
  fold_columns(
      fold, sums_.size(), sums_.front().size(),
      [&](std::size_t g, std::size_t j) { return sums_[g][j]; }, folded_);
  return folded_;
}

}  // namespace kvern::token_eviction
