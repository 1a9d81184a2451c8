// Which replica's run ends next? A tournament tree over their next ends: update O(log n), ties to
// the lowest id.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/time.h"

namespace kvern {

class EventQueue {
 public:
  explicit EventQueue(std::uint32_t replicas) : times_(replicas, kNever) {
    while (leaves_ < replicas) leaves_ *= 2;
    winners_.resize(std::size_t{2} * leaves_, kNone);
    for (std::uint32_t i = 0; i < replicas; ++i) winners_[leaves_ + i] = i;
    for (std::uint32_t node = leaves_ - 1; node > 0; --node) play(node);
  }
  SimTime next_time() const { return times_[winners_[1]]; }
  std::uint32_t next() const { return winners_[1]; }
  void set(std::uint32_t replica, SimTime time) {
    if (times_[replica] == time) return;
    times_[replica] = time;
    for (std::uint32_t node = (leaves_ + replica) / 2; node > 0; node /= 2) play(node);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  void play(std::uint32_t node) {
    const std::size_t left = std::size_t{2} * node;
    const std::uint32_t a = winners_[left], b = winners_[left + 1];
    winners_[node] = b == kNone || (a != kNone && times_[a] <= times_[b]) ? a : b;
  }

  std::uint32_t leaves_ = 1;
  std::vector<SimTime> times_;
  std::vector<std::uint32_t> winners_;
};

}  // namespace kvern
