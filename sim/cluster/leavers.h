// Whose client will hang up, and when? Memory follows the requests in flight.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace kvern {

class Leavers {
 public:
  struct Leaver {
    SimTime time;
    std::uint32_t request;
    std::uint32_t replica;
    std::uint32_t slot;  // of the request, there
  };

  SimTime next_time() const { return heap_.empty() ? kNever : heap_.front().time; }
  void add(RequestId request, SimTime time, std::uint32_t replica, std::uint32_t slot) {
    here_.insert(index(request));
    heap_.push_back({time, index(request), replica, slot});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  // It left the cluster before its client did.
  void left(std::uint32_t request) {
    if (here_.empty() || here_.erase(request) == 0) return;
    while (!heap_.empty() && !here_.contains(heap_.front().request)) drop_first();
  }
  // The next one, ties by id; it counts as gone.
  Leaver pop() {
    const Leaver first = heap_.front();
    left(first.request);
    return first;
  }

 private:
  static bool later(const Leaver& a, const Leaver& b) {
    return a.time != b.time ? a.time > b.time : a.request > b.request;
  }
  void drop_first() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }

  std::vector<Leaver> heap_;  // its first is still here
  absl::flat_hash_set<std::uint32_t> here_;
};

}  // namespace kvern
