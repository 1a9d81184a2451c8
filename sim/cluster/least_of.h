// Which of n has the least key? A tournament tree over their keys: O(log n) an update, less where
// the winners above stay; O(n) memory, whatever the keys. Ties to the lowest.
#pragma once

#include <cstdint>
#include <vector>

namespace kvern {

template <class Key>
class LeastOf {
 public:
  LeastOf(std::uint32_t count, Key first) : keys_(count, first) {
    while (leaves_ < count) leaves_ *= 2;
    winners_.resize(std::size_t{2} * leaves_, kNone);
    for (std::uint32_t i = 0; i < count; ++i) winners_[leaves_ + i] = i;
    for (std::uint32_t node = leaves_ - 1; node > 0; --node) winners_[node] = winner(node);
  }
  std::uint32_t least() const { return winners_[1]; }
  Key key(std::uint32_t i) const { return keys_[i]; }
  Key least_key() const { return keys_[winners_[1]]; }
  void set(std::uint32_t i, Key key) {
    if (keys_[i] == key) return;
    keys_[i] = key;
    for (std::uint32_t node = (leaves_ + i) / 2; node > 0; node /= 2) {
      const std::uint32_t before = winners_[node];
      winners_[node] = winner(node);
      // Another one won here, and still does: further up nothing has changed.
      if (before != i && winners_[node] == before) return;
    }
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t winner(std::uint32_t node) const {
    const std::size_t left = std::size_t{2} * node;
    const std::uint32_t a = winners_[left], b = winners_[left + 1];
    return b == kNone || (a != kNone && keys_[a] <= keys_[b]) ? a : b;
  }

  std::uint32_t leaves_ = 1;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> winners_;  // of the node's leaves; the root is 1
};

}  // namespace kvern
