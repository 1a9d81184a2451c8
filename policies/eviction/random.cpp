// Any candidate, each alike. The baseline that uses nothing. O(1) a call; one draw a victim, which
// holds until the candidates change.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/candidate_set.h"
#include "policies/parts/blocks/own_draws.h"

namespace kvern::eviction::random {

namespace {

class Random final : public Eviction {
 public:
  explicit Random(Parameters& p) : draws_(p) {}

  void prepare(std::uint32_t capacity, const Draws& draws) override {
    stream_ = draws_.begin(draws);
    victim_ = kNoBlock;
    idle_.prepare(capacity);
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { add(block); }
  void touched(BlockId, SimTime) override {}
  void pinned(BlockId block) override { remove(block); }
  void released(BlockId block, SimTime) override { add(block); }
  void removed(BlockId block) override { remove(block); }
  BlockId victim(SimTime) override {
    if (victim_ == kNoBlock) victim_ = idle_.drawn(stream_.bits());
    return BlockId{victim_};
  }

 private:
  void add(BlockId block) {
    victim_ = kNoBlock;
    idle_.add(index(block));
  }
  void remove(BlockId block) {
    victim_ = kNoBlock;
    idle_.remove(index(block));
  }

  OwnDraws draws_;
  Stream stream_ = draws_.begin({});
  CandidateSet idle_;
  std::uint32_t victim_ = kNoBlock;  // drawn, and nothing has changed since
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Random>(p); }

}  // namespace kvern::eviction::random
