// Lists of ids, one a row, kept as runs of consecutive ids: block ids of a prompt are mostly runs,
// so that 94 million of them take a few megabytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

class PackedIds {
 public:
  void add_row(std::span<const std::uint32_t> ids);
  std::size_t rows() const { return ends_.size(); }
  std::uint64_t total() const { return total_; }  // ids in all rows
  std::size_t count(std::size_t row) const;       // ids in a row; 0 of one that is not there
  // Replaces `into` by the ids of a row, in order.
  void read(std::size_t row, std::vector<std::uint32_t>& into) const;
  void clear();

 private:
  struct Run {
    std::uint32_t first;
    std::uint32_t count;
  };
  std::vector<Run> runs_;
  std::vector<std::uint64_t> ends_;  // of each row, in runs_
  std::uint64_t total_ = 0;
};

}  // namespace kvern
