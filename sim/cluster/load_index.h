// Replicas by requests in flight: of those that take requests, the least loaded (lowest id first)
// is found without a scan.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/cluster/least_of.h"

namespace kvern {

class LoadIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  explicit LoadIndex(std::uint32_t replicas) : loads_(replicas), open_(replicas, 0) {}
  std::uint32_t load(std::uint32_t replica) const { return loads_[replica]; }
  std::uint64_t total() const { return total_; }
  bool takes(std::uint32_t replica) const { return open_.key(replica) != kClosed; }
  // Of `count` replicas from `first` on, one that takes requests; kNone.
  std::uint32_t first_taking(std::uint32_t first, std::uint32_t count) const {
    if (count == loads_.size()) return takes(least()) ? least() : kNone;
    for (std::uint32_t i = first; i < first + count; ++i) {
      if (takes(i)) return i;
    }
    return kNone;
  }
  // Where none takes requests, any.
  std::uint32_t least() const { return open_.least(); }
  void set(std::uint32_t replica, std::uint32_t load) {
    total_ = total_ + load - loads_[replica];
    loads_[replica] = load;
    if (takes(replica)) open_.set(replica, load);
  }
  // Whether it takes requests from now on.
  void open(std::uint32_t replica, bool takes) {
    open_.set(replica, takes ? loads_[replica] : kClosed);
  }

 private:
  static constexpr std::uint32_t kClosed = UINT32_MAX;
  std::vector<std::uint32_t> loads_;
  LeastOf<std::uint32_t> open_;  // the same, or kClosed
  std::uint64_t total_ = 0;
};

}  // namespace kvern
