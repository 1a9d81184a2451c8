// Every block is kept, as the engines do.
#include <memory>

#include "policies/cache_admission.h"

namespace kvern::cache_admission::always {

namespace {

class Always final : public CacheAdmission {
 public:
  void prepare(std::uint32_t, const Draws&) override {}
  void asked(std::uint64_t, SimTime) override {}
  bool keeps_all() const override { return true; }
  bool keeps(const BlockInfo&, std::uint64_t, SimTime) override { return true; }
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters&) { return std::make_unique<Always>(); }

}  // namespace kvern::cache_admission::always
