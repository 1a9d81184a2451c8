// The kept keys and values of one KV head, contiguous and in any order, so that a dropped token
// costs one move: its place is taken by the last. Ranks count the kept tokens by position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

class KeptRows {
 public:
  explicit KeptRows(std::size_t dim) : dim_(dim) {}

  std::size_t count() const { return positions_.size(); }
  std::span<const std::uint32_t> positions() const { return positions_; }  // ascending
  // Where the token of a rank lies: [place][dim].
  std::span<const std::uint32_t> places() const { return places_; }
  const float* keys() const { return keys_.data(); }
  const float* values() const { return values_.data(); }
  std::span<float> key(std::size_t rank) { return {keys_.data() + places_[rank] * dim_, dim_}; }
  std::span<float> value(std::size_t rank) { return {values_.data() + places_[rank] * dim_, dim_}; }

  // `position` is above all others.
  void append(std::uint32_t position, std::span<const float> key, std::span<const float> value);
  void drop(std::span<const std::uint32_t> ranks);  // ascending

 private:
  void move(std::uint32_t from, std::uint32_t to);

  std::size_t dim_;
  std::vector<std::uint32_t> positions_, places_;  // by rank
  std::vector<float> keys_, values_;
  std::vector<std::uint32_t> holes_;
};

}  // namespace kvern
