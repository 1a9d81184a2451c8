// Kept while there is room, else if it was asked for more often lately than the block that would go
// for it (Einziger, Friedman, Manes: TinyLFU, 2017). On a tie the victim stays. O(1) amortised.
#include <memory>

#include "policies/cache_admission.h"
#include "policies/parts/blocks/frequency_sketch.h"

namespace kvern::cache_admission::tiny_lfu {

namespace {

class TinyLfu final : public CacheAdmission {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override { sketch_.prepare(capacity); }
  void asked(std::uint64_t content, SimTime) override { sketch_.count(content); }
  bool keeps(const BlockInfo& block, std::uint64_t victim, SimTime) override {
    return victim == kNoContent || sketch_.estimate(block.content) > sketch_.estimate(victim);
  }
  bool compares() const override { return true; }

 private:
  FrequencySketch sketch_;
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters&) { return std::make_unique<TinyLfu>(); }

}  // namespace kvern::cache_admission::tiny_lfu
