// Replicas by requests in flight: the least loaded (lowest id first) is found without a scan.
#pragma once

#include <cstdint>

#include "sim/cluster/least_of.h"

namespace kvern {

class LoadIndex {
 public:
  explicit LoadIndex(std::uint32_t replicas) : loads_(replicas, 0) {}
  std::uint32_t load(std::uint32_t replica) const { return loads_.key(replica); }
  std::uint64_t total() const { return total_; }
  std::uint32_t least() const { return loads_.least(); }
  void set(std::uint32_t replica, std::uint32_t load) {
    total_ = total_ + load - loads_.key(replica);
    loads_.set(replica, load);
  }

 private:
  LeastOf<std::uint32_t> loads_;
  std::uint64_t total_ = 0;
};

}  // namespace kvern
