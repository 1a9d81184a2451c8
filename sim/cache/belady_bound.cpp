#include "sim/cache/belady_bound.h"

#include <bit>
#include <vector>

namespace kvern {
namespace {

constexpr std::uint32_t kNoAccess = UINT32_MAX;

// A set of numbers below a limit, as a tree of bits: 64 children a node.
class NumberSet {
 public:
  explicit NumberSet(std::uint64_t limit) {
    do {
      limit = (limit + 63) / 64;
      levels_.emplace_back(limit, 0);
    } while (limit > 1);
  }
  bool has(std::uint32_t number) const {
    return ((levels_[0][number / 64] >> (number % 64)) & 1U) != 0;
  }
  void insert(std::uint32_t number) {
    ++size_;
    for (auto& level : levels_) {
      level[number / 64] |= std::uint64_t{1} << (number % 64);
      number /= 64;
    }
  }
  void erase(std::uint32_t number) {
    --size_;
    for (auto& level : levels_) {
      level[number / 64] &= ~(std::uint64_t{1} << (number % 64));
      if (level[number / 64] != 0) return;
      number /= 64;
    }
  }
  // Of at least one number.
  std::uint32_t largest() const {
    std::uint32_t number = 0;
    for (std::size_t level = levels_.size(); level > 0; --level) {
      const auto top = static_cast<std::uint32_t>(std::bit_width(levels_[level - 1][number])) - 1;
      number = number * 64 + top;
    }
    return number;
  }
  std::uint64_t size() const { return size_; }

 private:
  std::vector<std::vector<std::uint64_t>> levels_;
  std::uint64_t size_ = 0;
};

// What is resident is known by when it is used next: an access finds its block where its own number
// is in the set. Blocks never used again are but counted; any of them is the best victim.
class Min {
 public:
  Min(std::uint64_t accesses, std::uint32_t capacity, bool bypass)
      : coming_(accesses), capacity_(capacity), bypass_(bypass) {}

  bool access(std::uint32_t number, std::uint32_t next) {
    const bool hit = coming_.has(number);
    if (hit) {
      coming_.erase(number);
    } else if (!make_room(next)) {
      return false;
    }
    if (next == kNoAccess) {
      ++never_;
    } else {
      coming_.insert(next);
    }
    return hit;
  }

 private:
  bool make_room(std::uint32_t next) {
    if (coming_.size() + never_ < capacity_) return true;
    if (capacity_ == 0) return false;
    if (never_ > 0) {
      --never_;
      return true;
    }
    const std::uint32_t last = coming_.largest();
    if (bypass_ && next >= last) return false;
    coming_.erase(last);
    return true;
  }

  NumberSet coming_;
  std::uint64_t never_ = 0;
  std::uint64_t capacity_;
  bool bypass_;
};

}  // namespace

CacheCounts belady_bound(const CacheTrace& trace, std::span<const std::uint32_t> next,
                         std::uint32_t capacity, bool bypass) {
  Min min(next.size(), capacity, bypass);
  CacheCounts counts;
  std::uint32_t access = 0;
  for (std::size_t request = 0; request < trace.requests(); ++request) {
    bool leading = true;
    for (const std::uint64_t end = trace.end_of(request); access < end; ++access) {
      const bool hit = min.access(access, next[access]);
      leading = leading && hit;
      counts.hits += hit ? 1 : 0;
      counts.prefix_hits += leading ? 1 : 0;
    }
  }
  counts.accesses = access;
  return counts;
}

}  // namespace kvern
