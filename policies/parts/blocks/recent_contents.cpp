#include "policies/parts/blocks/recent_contents.h"

#include <algorithm>
#include <bit>

#include "sim/base/random.h"

namespace kvern {

void RecentContents::prepare(std::uint32_t room) {
  room = std::max(1U, room);
  shift_ = 63 - std::bit_width(std::uint64_t{room});
  oldest_ = 0;
  heads_.assign(std::size_t{1} << (64 - shift_), kNone);
  entries_.assign(room, {});
}

std::size_t RecentContents::home(std::uint64_t content) const { return mix(content) >> shift_; }

std::uint32_t RecentContents::find(std::uint64_t content) const {
  std::uint32_t entry = heads_[home(content)];
  while (entry != kNone && entries_[entry].content != content) entry = entries_[entry].next;
  return entry;
}

void RecentContents::forget(std::uint32_t entry) {
  std::uint32_t* link = &heads_[home(entries_[entry].content)];
  while (*link != entry) link = &entries_[*link].next;
  *link = entries_[entry].next;
}

void RecentContents::count(std::uint64_t content) {
  const std::uint32_t known = find(content);
  if (known != kNone) {
    if (entries_[known].times < UINT8_MAX) ++entries_[known].times;
    return;
  }
  const std::uint32_t entry = oldest_;
  oldest_ = oldest_ + 1 < entries_.size() ? oldest_ + 1 : 0;
  if (entries_[entry].times > 0) forget(entry);
  std::uint32_t& head = heads_[home(content)];
  entries_[entry] = {content, head, 1};
  head = entry;
}

std::uint32_t RecentContents::times(std::uint64_t content) const {
  const std::uint32_t entry = find(content);
  return entry == kNone ? 0 : entries_[entry].times;
}

}  // namespace kvern
