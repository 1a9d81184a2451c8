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

// A ring buffer that doubles.
class WaitingQueue {
 public:
  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  Slot front() const { return slots_[head_]; }
  Slot at(std::uint32_t i) const { return slots_[(head_ + i) & (slots_.size() - 1)]; }
  void push_back(Slot slot) {
    if (count_ == slots_.size()) grow();
    slots_[(head_ + count_++) & (slots_.size() - 1)] = slot;
  }
  void push_front(Slot slot) {
    if (count_ == slots_.size()) grow();
    head_ = (head_ + slots_.size() - 1) & (slots_.size() - 1);
    slots_[head_] = slot;
    ++count_;
  }
  void pop_front() {
    head_ = (head_ + 1) & (slots_.size() - 1);
    --count_;
  }
  // Wherever it stands; the others keep their order.
  void remove(Slot slot) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (at(i) != slot) slots_[(head_ + kept++) & (slots_.size() - 1)] = at(i);
    }
    count_ = kept;
  }
  // To another place; those between move by one. O(distance).
  void move(std::uint32_t from, std::uint32_t to) {
    const std::size_t mask = slots_.size() - 1;
    const Slot moved = at(from);
    for (; from < to; ++from) slots_[(head_ + from) & mask] = at(from + 1);
    for (; from > to; --from) slots_[(head_ + from) & mask] = at(from - 1);
    slots_[(head_ + to) & mask] = moved;
  }
  // The i-th; O(i).
  void remove_at(std::uint32_t i) {
    const std::size_t mask = slots_.size() - 1;
    for (; i > 0; --i) slots_[(head_ + i) & mask] = slots_[(head_ + i - 1) & mask];
    pop_front();
  }

 private:
  void grow() {
    std::vector<Slot> larger(slots_.size() * 2);
    for (std::uint32_t i = 0; i < count_; ++i) larger[i] = at(i);
    slots_.swap(larger);
    head_ = 0;
  }
  std::vector<Slot> slots_ = std::vector<Slot>(16);
  std::size_t head_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace kvern
