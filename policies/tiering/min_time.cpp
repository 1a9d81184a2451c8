// Fetched where the wait is not longer than the prefill it spares: the crossing that Mooncake's and
// LMCache's schedulers look for. At a tie the GPU stays free for others.
#include <memory>

#include "policies/tiering.h"

namespace kvern::tiering::min_time {

namespace {

class MinTime final : public Tiering {
 public:
  bool fetches(const FetchOffer& offer) override { return offer.fetch_ns <= offer.compute_ns; }
};

}  // namespace

std::unique_ptr<Tiering> make(Parameters&) { return std::make_unique<MinTime>(); }

}  // namespace kvern::tiering::min_time
