// A function of a few variables, given by its values at the points of a grid and linear between
// them along log(1 + x): what a fit over measurements becomes. Each axis is a rising list of knots;
// beyond the first and last knot the value stays.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace kvern::measured {

inline constexpr std::size_t kMostAxes = 6;
using Point = std::array<double, kMostAxes>;

struct Axis {
  std::string name;
  std::vector<double> knots;  // >= 0, rising
};

// One measurement: where, what, and how much it counts.
struct Observation {
  Point at{};
  double value = 0;
  double weight = 1;
};

class InterpolationGrid {
 public:
  InterpolationGrid() = default;
  // All values 0.
  explicit InterpolationGrid(std::vector<Axis> axes);
  InterpolationGrid(std::vector<Axis> axes, std::vector<double> values);

  bool empty() const { return values_.empty(); }
  // Components of `x` beyond the axes are ignored.
  double at(const Point& x) const;
  // False: some component lies outside its axis.
  bool covers(const Point& x) const;

  // Least squares over the observations, pulled to 0 by `ridge` (in observations a knot), by
  // conjugate gradients: the same bits every time.
  void fit(std::span<const Observation> observations, double ridge);

  const std::vector<Axis>& axes() const { return axes_; }
  const std::vector<double>& values() const { return values_; }  // last axis fastest

 private:
  struct Corners {
    std::array<std::size_t, std::size_t{1} << kMostAxes> index;
    std::array<double, std::size_t{1} << kMostAxes> share;
    std::size_t count = 0;
  };
  void set_logs();
  Corners corners(const Point& x) const;

  std::vector<Axis> axes_;
  std::vector<std::vector<double>> logs_;  // of the knots
  std::vector<double> values_;
};

// exp of a grid of one axis, but linear between the knots along x itself and, beyond the last one,
// in proportion to x: a time by the size of what is moved.
double size_curve(const InterpolationGrid& log_values, double x);

// At most `most` of the distinct values, the smallest and the largest among them, as evenly spread
// along log(1 + x) as they allow.
std::vector<double> spread_knots(std::vector<double> values, std::size_t most);

}  // namespace kvern::measured
