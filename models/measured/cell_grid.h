// A function of up to four variables, given at the points of a grid and linear between them along
// the variables themselves: what a step cost looks up, a few dozen operations and no logarithm.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace kvern::measured {

class CellGrid {
 public:
  static constexpr std::size_t kMostAxes = 4;
  using Point = std::array<double, kMostAxes>;

  CellGrid() = default;
  // value(point) at every combination of knots (rising, one or more an axis).
  template <class Value>
  CellGrid(std::vector<std::vector<double>> knots, const Value& value) : knots_(std::move(knots)) {
    std::size_t count = 1;
    for (const auto& axis : knots_) count *= axis.size();
    values_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      Point point{};
      std::size_t rest = i;
      for (std::size_t a = knots_.size(); a-- > 0; rest /= knots_[a].size()) {
        point[a] = knots_[a][rest % knots_[a].size()];
      }
      values_.push_back(value(point));
    }
  }

  bool empty() const { return values_.empty(); }

  // Beyond the ends of an axis the value stays.
  double at(const Point& x) const {
    std::array<std::size_t, 1U << kMostAxes> index{};
    std::array<double, 1U << kMostAxes> share{1};
    std::size_t count = 1;
    for (std::size_t a = 0; a < knots_.size(); ++a) {
      const std::vector<double>& axis = knots_[a];
      std::size_t cell = 0;
      while (cell + 2 < axis.size() && x[a] >= axis[cell + 1]) ++cell;
      double upper = 0;
      if (axis.size() > 1) {
        upper = std::clamp((x[a] - axis[cell]) / (axis[cell + 1] - axis[cell]), 0.0, 1.0);
      }
      const std::size_t before = count;
      for (std::size_t i = 0; i < before; ++i) {
        const std::size_t base = index[i] * axis.size() + cell;
        if (upper > 0) {
          index[count] = base + 1;
          share[count++] = share[i] * upper;
        }
        index[i] = base;
        share[i] *= 1 - upper;
      }
    }
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += share[i] * values_[index[i]];
    return sum;
  }

 private:
  std::vector<std::vector<double>> knots_;
  std::vector<double> values_;  // last axis fastest
};

}  // namespace kvern::measured
