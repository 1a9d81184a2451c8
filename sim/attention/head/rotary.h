// Rotary positions (RoPE, Su et al., arXiv 2104.09864) as Llama models use them: the pair
// (x[i], x[i + dim/2]) of a head turns by position * theta^(-2i/dim). Turns add up, so a vector
// already at position p moves to position r by a turn of r - p.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

class Rotary {
 public:
  // Positions -most .. most; dim is even.
  Rotary(double theta, std::uint32_t dim, std::uint32_t most);

  std::uint32_t dim() const { return dim_; }
  std::uint32_t most() const { return most_; }
  // Turns every head of one row: `row` holds whole heads of dim values each.
  void turn(std::span<float> row, std::int64_t position) const;
  void turn(std::span<double> row, std::int64_t position) const;
  // Rows [count][row_size] at positions first, first + 1, ...
  void turn_rows(std::span<float> rows, std::size_t row_size, std::int64_t first) const;

 private:
  template <class T>
  void turn_heads(std::span<T> row, std::int64_t position) const;

  std::uint32_t dim_;
  std::uint32_t most_;
  std::vector<double> cosines_;  // [position 0 .. most][dim / 2]
  std::vector<double> sines_;
};

}  // namespace kvern
