#include "sim/attention/head/kept_rows.h"

#include <algorithm>

#include "sim/base/drop_slots.h"

namespace kvern {

void KeptRows::append(std::uint32_t position, std::span<const float> key,
                      std::span<const float> value) {
  const std::size_t place = positions_.size();
  positions_.push_back(position);
  places_.push_back(static_cast<std::uint32_t>(place));
  if (keys_.size() < (place + 1) * dim_) {
    const std::size_t room = std::max<std::size_t>(64, 2 * place);
    keys_.resize(room * dim_);
    values_.resize(room * dim_);
  }
  std::copy(key.begin(), key.end(), keys_.begin() + static_cast<std::ptrdiff_t>(place * dim_));
  std::copy(value.begin(), value.end(),
            values_.begin() + static_cast<std::ptrdiff_t>(place * dim_));
}

void KeptRows::move(std::uint32_t from, std::uint32_t to) {
  std::copy_n(keys_.data() + from * dim_, dim_, keys_.data() + to * dim_);
  std::copy_n(values_.data() + from * dim_, dim_, values_.data() + to * dim_);
}

void KeptRows::drop(std::span<const std::uint32_t> ranks) {
  if (ranks.empty()) return;
  const std::size_t left = positions_.size() - ranks.size();
  holes_.clear();
  for (const std::uint32_t rank : ranks) {
    if (places_[rank] < left) holes_.push_back(places_[rank]);
  }
  drop_slots(positions_, ranks);
  drop_slots(places_, ranks);
  std::size_t next = 0;
  for (std::uint32_t& place : places_) {
    if (place < left) continue;
    move(place, holes_[next]);
    place = holes_[next++];
  }
}

}  // namespace kvern
