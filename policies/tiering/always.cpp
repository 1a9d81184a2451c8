// Whatever a lower tier holds is fetched, as LMCache and vLLM's connectors do.
#include <memory>

#include "policies/tiering.h"

namespace kvern::tiering::always {

namespace {

class Always final : public Tiering {
 public:
  bool fetches(const FetchOffer&) override { return true; }
};

}  // namespace

std::unique_ptr<Tiering> make(Parameters&) { return std::make_unique<Always>(); }

}  // namespace kvern::tiering::always
