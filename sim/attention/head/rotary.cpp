#include "sim/attention/head/rotary.h"

#include "sim/base/exact_math.h"

namespace kvern {

Rotary::Rotary(double theta, std::uint32_t dim, std::uint32_t most) : dim_(dim), most_(most) {
  const std::uint32_t half = dim / 2;
  cosines_.reserve(std::size_t{most + 1} * half);
  sines_.reserve(cosines_.capacity());
  std::vector<double> frequency(half);
  for (std::uint32_t i = 0; i < half; ++i) {
    frequency[i] = 1 / exact::pow(theta, 2.0 * i / dim);
  }
  for (std::uint32_t position = 0; position <= most; ++position) {
    for (const double f : frequency) {
      cosines_.push_back(exact::cos(position * f));
      sines_.push_back(exact::sin(position * f));
    }
  }
}

template <class T>
void Rotary::turn_heads(std::span<T> row, std::int64_t position) const {
  const std::size_t half = dim_ / 2;
  const T sign = position < 0 ? T{-1} : T{1};
  const std::size_t at = static_cast<std::size_t>(position < 0 ? -position : position) * half;
  const double* cosine = cosines_.data() + at;
  const double* sine = sines_.data() + at;
  for (T* head = row.data(); head < row.data() + row.size(); head += dim_) {
    for (std::size_t i = 0; i < half; ++i) {
      const T c = static_cast<T>(cosine[i]);
      const T s = sign * static_cast<T>(sine[i]);
      const T a = head[i];
      const T b = head[i + half];
      head[i] = a * c - b * s;
      head[i + half] = b * c + a * s;
    }
  }
}

void Rotary::turn(std::span<float> row, std::int64_t position) const { turn_heads(row, position); }

void Rotary::turn(std::span<double> row, std::int64_t position) const { turn_heads(row, position); }

void Rotary::turn_rows(std::span<float> rows, std::size_t row_size, std::int64_t first) const {
  for (std::size_t at = 0; at < rows.size(); at += row_size) {
    turn_heads(rows.subspan(at, row_size), first++);
  }
}

}  // namespace kvern
