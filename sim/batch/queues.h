// The two lists of a replica: running (order of admission) and waiting (order of arrival; preempted
// requests go back to the front; a scheduler may move them).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/batch/request.h"

namespace kvern {

class RunningList {
 public:
  explicit RunningList(RequestSlab& requests) : requests_(requests) {}
  std::uint32_t count() const { return count_; }
  Slot first() const { return first_; }
  Slot last() const { return last_; }

  void append(Slot slot) {
    Request& request = requests_[slot];
    request.serial = ++serial_;
    request.previous = last_;
    request.next = kNoSlot;
    (last_ == kNoSlot ? first_ : requests_[last_].next) = slot;
    last_ = slot;
    ++count_;
  }
  void remove(Slot slot) {
    const Request& request = requests_[slot];
    (request.previous == kNoSlot ? first_ : requests_[request.previous].next) = request.next;
    (request.next == kNoSlot ? last_ : requests_[request.next].previous) = request.previous;
    --count_;
  }

 private:
  RequestSlab& requests_;
  Slot first_ = kNoSlot, last_ = kNoSlot;
  std::uint32_t count_ = 0;
  std::uint64_t serial_ = 0;
};

// A ring buffer that doubles. Each request knows its place; one that leaves from the middle leaves
// a hole, closed when there are as many as requests.
class WaitingQueue {
 public:
  explicit WaitingQueue(RequestSlab& requests) : requests_(requests) {}
  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  Slot front() const { return slots_[first_ & mask()]; }
  // In order; kNoSlot beyond either end.
  Slot first() const { return count_ == 0 ? kNoSlot : front(); }
  Slot last() const { return count_ == 0 ? kNoSlot : slots_[(end_ - 1) & mask()]; }
  Slot after(Slot slot) const {
    for (std::uint64_t place = requests_[slot].place + 1; place < end_; ++place) {
      if (slots_[place & mask()] != kNoSlot) return slots_[place & mask()];
    }
    return kNoSlot;
  }
  Slot before(Slot slot) const {
    for (std::uint64_t place = requests_[slot].place; place > first_; --place) {
      if (slots_[(place - 1) & mask()] != kNoSlot) return slots_[(place - 1) & mask()];
    }
    return kNoSlot;
  }
  // The i-th; O(1) without holes before it.
  Slot at(std::uint32_t i) const {
    if (end_ - first_ == count_) return slots_[(first_ + i) & mask()];
    Slot slot = front();
    for (; i > 0; --i) slot = after(slot);
    return slot;
  }
  void push_back(Slot slot) {
    if (end_ - first_ == slots_.size()) close_up(slots_.size() * 2);
    put(end_++, slot);
    ++count_;
  }
  void push_front(Slot slot) {
    if (end_ - first_ == slots_.size()) close_up(slots_.size() * 2);
    put(--first_, slot);
    ++count_;
  }
  void pop_front() { remove(front()); }
  // Wherever it stands; the others keep their order. O(1) amortised.
  void remove(Slot slot) {
    slots_[requests_[slot].place & mask()] = kNoSlot;
    --count_;
    while (first_ < end_ && slots_[first_ & mask()] == kNoSlot) ++first_;
    while (first_ < end_ && slots_[(end_ - 1) & mask()] == kNoSlot) --end_;
    if (end_ - first_ > 2 * std::uint64_t{count_} + 16) close_up(slots_.size());
  }
  // To another place; those between move by one. O(distance) without holes.
  void move(std::uint32_t from, std::uint32_t to) {
    const Slot moved = at(from);
    const bool later = from < to;
    std::uint64_t place = requests_[moved].place;
    for (std::uint32_t i = later ? to - from : from - to; i > 0; --i) {
      std::uint64_t other = place;
      do {
        other = later ? other + 1 : other - 1;
      } while (slots_[other & mask()] == kNoSlot);
      put(place, slots_[other & mask()]);
      place = other;
    }
    put(place, moved);
  }
  // The i-th, leaving no hole; O(i).
  void remove_at(std::uint32_t i) {
    Slot gap = at(i);
    std::uint64_t place = requests_[gap].place;
    for (Slot slot = before(gap); slot != kNoSlot; slot = before(gap)) {
      gap = slot;
      const std::uint64_t own = requests_[slot].place;
      put(place, slot);
      slots_[own & mask()] = kNoSlot;
      place = own;
    }
    slots_[place & mask()] = kNoSlot;
    --count_;
    while (first_ < end_ && slots_[first_ & mask()] == kNoSlot) ++first_;
  }

 private:
  std::uint64_t mask() const { return slots_.size() - 1; }
  void put(std::uint64_t place, Slot slot) {
    slots_[place & mask()] = slot;
    requests_[slot].place = place;
  }
  void close_up(std::size_t size) {
    std::vector<Slot> old(size, kNoSlot);
    old.swap(slots_);
    const std::uint64_t first = first_, end = end_;
    end_ = first_ = kMiddle;
    for (std::uint64_t place = first; place < end; ++place) {
      const Slot slot = old[place & (old.size() - 1)];
      if (slot != kNoSlot) put(end_++, slot);
    }
  }
  static constexpr std::uint64_t kMiddle = std::uint64_t{1} << 62;

  RequestSlab& requests_;
  std::vector<Slot> slots_ = std::vector<Slot>(16, kNoSlot);
  std::uint64_t first_ = kMiddle, end_ = kMiddle;  // places of its first, and behind its last
  std::uint32_t count_ = 0;
};

}  // namespace kvern
