// Sleeps after a fixed time without work: a keep-alive.
#include <memory>

#include "policies/sleep.h"

namespace kvern::sleep::after_idle {
namespace {

class AfterIdle final : public Sleep {
 public:
  explicit AfterIdle(Parameters& p) {
    choice_.after = p.require<Duration>("idle", "time without work").ns;
    choice_.depth = read_depth(p);
    choice_.wake = read_wake(p);
    choice_.gather = read_gather(p);
  }
  std::string prepare(const IdleStates& states) override {
    return refusal_of(states.sleep[static_cast<std::size_t>(choice_.depth)], choice_.wake);
  }
  SleepChoice choose() const override { return choice_; }

 private:
  SleepChoice choice_;
};

}  // namespace

std::unique_ptr<Sleep> make(Parameters& p) { return std::make_unique<AfterIdle>(p); }

}  // namespace kvern::sleep::after_idle
