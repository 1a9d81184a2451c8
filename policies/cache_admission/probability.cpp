// Kept by chance: each time with the same probability, whatever it is. What is asked for often gets
// in soon. One draw of the policy's own stream (its key path and `seed`) a question.
#include <memory>

#include "policies/cache_admission.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

namespace kvern::cache_admission::probability {

namespace {

class Probability final : public CacheAdmission {
 public:
  explicit Probability(Parameters& p)
      : share_(p.get("share", Share{0.5}, "kept, of the blocks asked about").value),
        stream_(static_cast<std::uint64_t>(p.get("seed", std::int64_t{1}, "of its draws")),
                p.path()) {}
  void prepare(std::uint32_t) override {}
  void asked(std::uint64_t, SimTime) override {}
  bool keeps(const BlockInfo&, std::uint64_t, SimTime) override {
    return stream_.uniform() < share_;
  }

 private:
  double share_;
  Stream stream_;
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters& p) { return std::make_unique<Probability>(p); }

}  // namespace kvern::cache_admission::probability
