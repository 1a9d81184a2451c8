// When do requests end? Keyed by the replica's decode step counter, not by time: a request that
// needs r more tokens ends at counter + r, however long the steps last. A ring of lists with a
// two-level bitmap: insert, erase and next in O(1). What lies further ahead than the ring is parked
// in its last list and looked at again from there.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/batch/request.h"

namespace kvern {

class CompletionRing {
 public:
  static constexpr std::uint64_t kSize = 4096;

  explicit CompletionRing(RequestSlab& requests) : requests_(requests) {}

  // `due` > `now`, both counts of decode steps.
  void insert(Slot slot, std::uint64_t due, std::uint64_t now);
  void erase(Slot slot);
  // Steps from `now` to the next list that needs a look (>= 1), or kSize when empty.
  std::uint64_t steps_to_next(std::uint64_t now) const;
  // Appends the requests due at `now` to `out`, takes them out, and re-parks those due later.
  void collect(std::uint64_t now, std::vector<Slot>& out);

 private:
  void link(Slot slot, std::uint64_t list);

  RequestSlab& requests_;
  std::vector<Slot> heads_;  // empty until the first request decodes
  std::array<std::uint64_t, kSize / 64> words_{};
  std::uint64_t summary_ = 0;  // bit w: words_[w] is not 0
};

}  // namespace kvern
