// Takes entries out of whatever runs parallel to a list of slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

// `slots` ascend.
template <class T>
void drop_slots(std::vector<T>& values, std::span<const std::uint32_t> slots) {
  if (slots.empty()) return;
  std::size_t to = slots.front();
  std::size_t next = 0;
  for (std::size_t from = to; from < values.size(); ++from) {
    if (next < slots.size() && slots[next] == from) {
      ++next;
    } else {
      values[to++] = values[from];
    }
  }
  values.resize(to);
}

}  // namespace kvern
