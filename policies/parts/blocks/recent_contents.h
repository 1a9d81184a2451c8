// How often each of the latest contents was asked for. The oldest one goes when a new one comes and
// the room is full (first in, first out). Chained hashing over flat arrays; no allocation after
// prepare(), O(1) a call.
#pragma once

#include <cstdint>
#include <vector>

namespace kvern {

class RecentContents {
 public:
  // `room` contents, at least 1.
  void prepare(std::uint32_t room);
  // One more time.
  void count(std::uint64_t content);
  // Times, while it is remembered (up to 255); else 0.
  std::uint32_t times(std::uint64_t content) const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    std::uint64_t content = 0;
    std::uint32_t next = kNone;  // of the same home
    std::uint8_t times = 0;      // 0: never filled
  };
  std::size_t home(std::uint64_t content) const;
  std::uint32_t find(std::uint64_t content) const;
  void forget(std::uint32_t entry);

  int shift_ = 0;
  std::uint32_t oldest_ = 0;
  std::vector<std::uint32_t> heads_;
  std::vector<Entry> entries_;  // a ring
};

}  // namespace kvern
