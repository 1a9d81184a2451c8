// Kept by chance: each time with the same probability, whatever it is. What is asked for often gets
// in soon. One draw a question.
#include <memory>

#include "policies/cache_admission.h"
#include "policies/parts/blocks/own_draws.h"
#include "sim/base/units.h"

namespace kvern::cache_admission::probability {

namespace {

class Probability final : public CacheAdmission {
 public:
  explicit Probability(Parameters& p)
      : share_(p.get("share", Share{0.5}, "kept, of the blocks asked about").value), draws_(p) {}
  void prepare(std::uint32_t, const Draws& draws) override { stream_ = draws_.begin(draws); }
  void asked(std::uint64_t, SimTime) override {}
  bool keeps(const BlockInfo&, std::uint64_t, SimTime) override {
    return stream_.uniform() < share_;
  }

 private:
  double share_;
  OwnDraws draws_;
  Stream stream_ = draws_.begin({});
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters& p) { return std::make_unique<Probability>(p); }

}  // namespace kvern::cache_admission::probability
