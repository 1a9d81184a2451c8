// Nothing is fetched: the tier is written and never read. What writing alone costs.
#include <memory>

#include "policies/tiering.h"

namespace kvern::tiering::never {

namespace {

class Never final : public Tiering {
 public:
  bool fetches(const FetchOffer&) override { return false; }
};

}  // namespace

std::unique_ptr<Tiering> make(Parameters&) { return std::make_unique<Never>(); }

}  // namespace kvern::tiering::never
