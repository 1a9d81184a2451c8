// Fetched where moving the bytes draws no more than computing them again, on the GPU boards and
// beyond their idle power. A byte costs far less to move than to compute, so this waits for slow
// links where min_time would not.
#include <memory>

#include "policies/tiering.h"

namespace kvern::tiering::min_energy {

namespace {

class MinEnergy final : public Tiering {
 public:
  bool fetches(const FetchOffer& offer) override {
    return offer.fetch_picojoules <= offer.compute_picojoules;
  }
  bool needs_joules() const override { return true; }
};

}  // namespace

std::unique_ptr<Tiering> make(Parameters&) { return std::make_unique<MinEnergy>(); }

}  // namespace kvern::tiering::min_energy
