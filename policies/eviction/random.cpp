// Any candidate, each alike. The baseline that uses nothing. O(1) a call, one draw a victim.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/candidate_set.h"
#include "sim/base/random.h"

namespace kvern::eviction::random {

namespace {

class Random final : public Eviction {
 public:
  explicit Random(Parameters& p)
      : fresh_(static_cast<std::uint64_t>(p.get("seed", std::int64_t{1}, "of its draws")),
               p.path()) {}

  void prepare(std::uint32_t capacity) override {
    stream_ = fresh_;
    idle_.prepare(capacity);
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { idle_.add(index(block)); }
  void touched(BlockId, SimTime) override {}
  void pinned(BlockId block) override { idle_.remove(index(block)); }
  void released(BlockId block, SimTime) override { idle_.add(index(block)); }
  void removed(BlockId block) override { idle_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{idle_.drawn(stream_.bits())}; }

 private:
  CandidateSet idle_;
  Stream fresh_;  // as it begins
  Stream stream_ = fresh_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Random>(p); }

}  // namespace kvern::eviction::random
