// Replicas by requests in flight: one bit set a load level, so the least loaded (lowest id first)
// is found without a scan.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace kvern {

class LoadIndex {
 public:
  explicit LoadIndex(std::uint32_t replicas) : words_((replicas + 63) / 64), loads_(replicas) {
    level(0);
    for (std::uint32_t i = 0; i < replicas; ++i) flip(0, i);
    counts_[0] = replicas;
  }
  std::uint32_t load(std::uint32_t replica) const { return loads_[replica]; }
  std::uint64_t total() const { return total_; }
  std::uint32_t least() const {
    const std::uint64_t* bits = &bits_[std::size_t{lowest_} * words_];
    std::uint32_t word = 0;
    while (bits[word] == 0) ++word;
    return word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits[word]));
  }
  void set(std::uint32_t replica, std::uint32_t load) {
    const std::uint32_t old = loads_[replica];
    if (old == load) return;
    level(load);
    flip(old, replica);
    flip(load, replica);
    --counts_[old];
    ++counts_[load];
    total_ = total_ + load - old;
    loads_[replica] = load;
    if (load < lowest_) lowest_ = load;
    while (counts_[lowest_] == 0) ++lowest_;
  }

 private:
  void level(std::uint32_t load) {
    if (load < counts_.size()) return;
    counts_.resize(load + 1);
    bits_.resize(std::size_t{load + 1} * words_);
  }
  void flip(std::uint32_t load, std::uint32_t replica) {
    bits_[std::size_t{load} * words_ + replica / 64] ^= std::uint64_t{1} << (replica % 64);
  }

  std::uint32_t words_;
  std::vector<std::uint32_t> loads_, counts_;
  std::vector<std::uint64_t> bits_;
  std::uint32_t lowest_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace kvern
