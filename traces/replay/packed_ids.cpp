#include "traces/replay/packed_ids.h"

#include <numeric>

namespace kvern {

void PackedIds::add_row(std::span<const std::uint32_t> ids) {
  for (std::size_t i = 0; i < ids.size();) {
    std::size_t end = i + 1;
    while (end < ids.size() && ids[end] == ids[end - 1] + 1) ++end;
    runs_.push_back({ids[i], static_cast<std::uint32_t>(end - i)});
    i = end;
  }
  ends_.push_back(runs_.size());
  total_ += ids.size();
}

void PackedIds::read(std::size_t row, std::vector<std::uint32_t>& into) const {
  into.clear();
  for (std::uint64_t i = row == 0 ? 0 : ends_[row - 1]; i < ends_[row]; ++i) {
    const std::size_t at = into.size();
    into.resize(at + runs_[i].count);
    std::iota(into.begin() + static_cast<std::ptrdiff_t>(at), into.end(), runs_[i].first);
  }
}

std::size_t PackedIds::count(std::size_t row) const {
  if (row >= ends_.size()) return 0;
  std::size_t ids = 0;
  for (std::uint64_t i = row == 0 ? 0 : ends_[row - 1]; i < ends_[row]; ++i) ids += runs_[i].count;
  return ids;
}

void PackedIds::clear() {
  runs_.clear();
  ends_.clear();
  total_ = 0;
}

}  // namespace kvern
