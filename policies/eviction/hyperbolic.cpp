// Hyperbolic caching (Blankstein, Sen, Freedman, USENIX ATC 2017): a block is worth its uses
// divided by the time since it was inserted, and the worst of a random sample goes. Time counts
// uses of the whole cache. O(samples) a victim, else O(1).
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/own_draws.h"

namespace kvern::eviction::hyperbolic {

namespace {

class Hyperbolic final : public Eviction {
 public:
  explicit Hyperbolic(Parameters& p)
      : samples_(p.get("samples", std::uint32_t{64}, "blocks drawn, with repetition, for a victim",
                       Range{1, 65'536})),
        draws_(p) {}

  void prepare(std::uint32_t capacity, const Draws& draws) override {
    stream_ = draws_.begin(draws);
    victim_ = kNoBlock;
    uses_ = 0;
    idle_.clear();
    idle_.reserve(capacity);
    places_.assign(capacity, kNoBlock);
    pinned_.assign(capacity, Entry{});
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override {
    add({uses_++, 1, index(block)});
  }
  void touched(BlockId block, SimTime) override {
    victim_ = kNoBlock;
    ++uses_;
    ++entry(index(block)).uses;
  }
  void pinned(BlockId block) override {
    pinned_[index(block)] = entry(index(block));
    remove(index(block));
  }
  void released(BlockId block, SimTime) override { add(pinned_[index(block)]); }
  void removed(BlockId block) override { remove(index(block)); }
  BlockId victim(SimTime) override {
    if (victim_ == kNoBlock) victim_ = sampled();
    return BlockId{victim_};
  }

 private:
  struct Entry {
    std::uint64_t since = 0;
    std::uint32_t uses = 0;
    std::uint32_t block = 0;
  };
  std::uint32_t sampled() {
    std::uint64_t bits = stream_.bits();
    std::size_t worst = drawn(bits >> 32);
    double least = worth(idle_[worst]);
    for (std::uint32_t i = 1; i < samples_; ++i) {
      bits = i % 2 == 1 ? stream_.bits() : bits >> 32;
      const std::size_t place = drawn(bits & UINT32_MAX);
      const double value = worth(idle_[place]);
      // Both as selections: a jump would be mispredicted at each new minimum.
      worst = value < least ? place : worst;
      least = value < least ? value : least;
    }
    return idle_[worst].block;
  }
  double worth(const Entry& entry) const {
    return static_cast<double>(entry.uses) / static_cast<double>(uses_ - entry.since);
  }
  std::size_t drawn(std::uint64_t bits32) const {
    return static_cast<std::size_t>((bits32 * idle_.size()) >> 32);
  }
  Entry& entry(std::uint32_t block) {
    return places_[block] == kNoBlock ? pinned_[block] : idle_[places_[block]];
  }
  void add(const Entry& added) {
    victim_ = kNoBlock;
    places_[added.block] = static_cast<std::uint32_t>(idle_.size());
    idle_.push_back(added);
  }
  void remove(std::uint32_t block) {
    victim_ = kNoBlock;
    const std::uint32_t place = places_[block];
    if (place == kNoBlock) return;
    idle_[place] = idle_.back();
    places_[idle_[place].block] = place;
    idle_.pop_back();
    places_[block] = kNoBlock;
  }

  std::uint32_t samples_;
  OwnDraws draws_;
  Stream stream_ = draws_.begin({});
  std::vector<Entry> idle_;            // those that may go, without holes: a sample is one look
  std::vector<std::uint32_t> places_;  // in idle_, by block; kNoBlock = pinned
  std::vector<Entry> pinned_;          // by block
  std::uint64_t uses_ = 0;             // of any block
  std::uint32_t victim_ = kNoBlock;    // sampled, and nothing has changed since
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Hyperbolic>(p); }

}  // namespace kvern::eviction::hyperbolic
