#include "models/host_overhead.h"

#include <utility>

#include "sim/base/time.h"

namespace kvern {
namespace {

constexpr Range kUpToSecond{0, 1e9 * kTicksPerNs};

class WithHostOverhead final : public StepCost {
 public:
  WithHostOverhead(std::unique_ptr<StepCost> cost, const HostOverhead& overhead)
      : cost_(std::move(cost)), overhead_(overhead) {}

  std::string prepare(const Deployment& deployment) override { return cost_->prepare(deployment); }

  std::string note() const override { return cost_->note(); }

  void work(const Batch& batch, Work& work) override {
    cost_->work(batch, work);
    const auto sequences = batch.decodes + static_cast<std::int64_t>(batch.prefill.size());
    work.host_ticks.first += overhead_.step_ticks + overhead_.sequence_ticks * sequences;
    work.host_overlaps = overhead_.overlap;
  }

 private:
  std::unique_ptr<StepCost> cost_;
  HostOverhead overhead_;
};

}  // namespace

HostOverhead read_host_overhead(Parameters& p) {
  HostOverhead overhead;
  if (p.choice("policy", "affine", {"affine", "none"}, "what the host does for a step") == "none") {
    return overhead;
  }
  overhead.step_ticks =
      p.get("step", Ticks{300'000 * kTicksPerNs}, "host time of every step", kUpToSecond).value;
  overhead.sequence_ticks =
      p.get("sequence", Ticks{12'700 * kTicksPerNs}, "host time of each sequence", kUpToSecond)
          .value;
  overhead.overlap = p.get("overlap", false, "hidden behind the device's work");
  return overhead;
}

std::unique_ptr<StepCost> with_host_overhead(std::unique_ptr<StepCost> cost,
                                             const HostOverhead& overhead) {
  if (overhead.step_ticks == 0 && overhead.sequence_ticks == 0) return cost;
  return std::make_unique<WithHostOverhead>(std::move(cost), overhead);
}

}  // namespace kvern
