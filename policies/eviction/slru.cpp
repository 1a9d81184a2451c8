// Segmented LRU (Karedla, Love, Wherry 1994): blocks used once are on probation and go first; a use
// lifts a block into the protected segment above, from where the least recent falls back.
#include <memory>
#include <vector>

#include "policies/parts/blocks/ranked_eviction.h"
#include "policies/parts/blocks/segmented_lru.h"

namespace kvern::eviction::slru {

namespace {

class Slru final : public RankedEviction<Slru, SegmentedLru> {
 public:
  explicit Slru(Parameters& p)
      : segments_(
            p.get("segments", std::uint32_t{2}, "segments, the lowest included", Range{2, 16})),
        protected_share_(p.get("protected_share", Share{0.8},
                               "all segments above the lowest, alike, as a share of capacity")
                             .value) {}

  static std::uint32_t start(const BlockInfo&) { return 0; }

  void prepare(std::uint32_t capacity, const Draws&) override {
    const std::uint32_t upper = segments_ - 1;
    const auto room = static_cast<std::uint32_t>(protected_share_ * capacity / upper);
    blocks_.prepare(capacity, std::vector<std::uint32_t>(upper, room));
  }

 private:
  std::uint32_t segments_;
  double protected_share_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Slru>(p); }

}  // namespace kvern::eviction::slru
