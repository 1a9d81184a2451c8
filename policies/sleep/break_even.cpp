// Sleeps once staying awake has cost as much as waking will: T = P_load t_load / (P_idle -
// P_asleep). Never more than twice the joules of a replica that knew the next arrival (ski rental).
#include <memory>

#include "policies/sleep.h"

namespace kvern::sleep::break_even {
namespace {

class BreakEven final : public Sleep {
 public:
  explicit BreakEven(Parameters& p) {
    choice_.depth = read_depth(p);
    choice_.gather = read_gather(p);
  }
  std::string prepare(const IdleStates& states) override {
    choice_.after = states.break_even(choice_.depth);
    return refusal_of(states.sleep[static_cast<std::size_t>(choice_.depth)], kNever);
  }
  SleepChoice choose() const override { return choice_; }

 private:
  SleepChoice choice_;
};

}  // namespace

std::unique_ptr<Sleep> make(Parameters& p) { return std::make_unique<BreakEven>(p); }

}  // namespace kvern::sleep::break_even
