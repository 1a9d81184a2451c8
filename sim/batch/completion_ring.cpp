#include "sim/batch/completion_ring.h"

#include <algorithm>
#include <bit>

namespace kvern {

namespace {
constexpr std::uint64_t kMask = CompletionRing::kSize - 1;
}

void CompletionRing::link(Slot slot, std::uint64_t list) {
  if (heads_.empty()) heads_.resize(kSize, kNoSlot);
  Request& request = requests_[slot];
  request.ring_previous = kNoSlot;
  request.ring_next = heads_[list];
  if (request.ring_next != kNoSlot) requests_[request.ring_next].ring_previous = slot;
  heads_[list] = slot;
  words_[list / 64] |= std::uint64_t{1} << (list % 64);
  summary_ |= std::uint64_t{1} << (list / 64);
}

void CompletionRing::insert(Slot slot, std::uint64_t due, std::uint64_t now) {
  Request& request = requests_[slot];
  request.due = due;
  request.ring_list = static_cast<std::uint32_t>(std::min(due, now + kSize - 1) & kMask);
  link(slot, request.ring_list);
}

void CompletionRing::erase(Slot slot) {
  const Request& request = requests_[slot];
  if (request.ring_next != kNoSlot) {
    requests_[request.ring_next].ring_previous = request.ring_previous;
  }
  if (request.ring_previous != kNoSlot) {
    requests_[request.ring_previous].ring_next = request.ring_next;
    return;
  }
  const std::uint64_t list = request.ring_list;
  heads_[list] = request.ring_next;
  if (heads_[list] != kNoSlot) return;
  words_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
  if (words_[list / 64] == 0) summary_ &= ~(std::uint64_t{1} << (list / 64));
}

std::uint64_t CompletionRing::steps_to_next(std::uint64_t now) const {
  if (summary_ == 0) return kSize;
  const std::uint64_t start = (now + 1) & kMask;
  const std::uint64_t word = start / 64;
  const std::uint64_t here = words_[word] >> (start % 64);
  if (here != 0) return 1 + static_cast<std::uint64_t>(std::countr_zero(here));
  // The next non-empty word after this one, going round; its own low bits come last.
  const std::uint64_t turned = std::rotr(summary_, static_cast<int>((word + 1) % 64));
  if (turned == 0) return kSize;
  const std::uint64_t found = (word + 1 + std::countr_zero(turned)) % 64;
  const std::uint64_t list = found * 64 + std::countr_zero(words_[found]);
  return 1 + ((list - start) & kMask);
}

void CompletionRing::collect(std::uint64_t now, std::vector<Slot>& out) {
  const std::uint64_t list = now & kMask;
  if ((words_[list / 64] >> (list % 64) & 1) == 0) return;
  Slot slot = heads_[list];
  heads_[list] = kNoSlot;
  words_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
  if (words_[list / 64] == 0) summary_ &= ~(std::uint64_t{1} << (list / 64));
  while (slot != kNoSlot) {
    const Slot next = requests_[slot].ring_next;
    if (requests_[slot].due == now) {
      out.push_back(slot);
    } else {
      insert(slot, requests_[slot].due, now);
    }
    slot = next;
  }
}

}  // namespace kvern
