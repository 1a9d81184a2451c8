#include "models/upkeep_cost.h"

#include <algorithm>
#include <utility>

#include "sim/base/exact_math.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

class WithTokenUpkeep final : public StepCost {
 public:
  WithTokenUpkeep(std::unique_ptr<StepCost> cost, const TokenUpkeep& upkeep)
      : cost_(std::move(cost)), upkeep_(upkeep) {}

  std::string prepare(const Deployment& deployment) override {
    std::string refusal = cost_->prepare(deployment);
    if (!refusal.empty() || deployment.hardware == nullptr || deployment.model == nullptr) {
      return refusal;
    }
    const HardwareSpec& hardware = *deployment.hardware;
    const LlmSpec& model = *deployment.model;
    // KV heads of all layers on one GPU; a data-parallel rank holds its share of the tokens that
    // the batch counts together.
    const double heads = static_cast<double>(model.layers) *
                         std::max(1U, model.kv_heads / deployment.tensor_parallel) /
                         deployment.data_parallel;
    const double rate = hardware.memory_efficiency.value * hardware.memory_bytes_per_second;
    const double bytes = heads * upkeep_.bytes_per_token;
    token_bytes_ = exact::nearest_whole(bytes);
    token_ticks_ = ticks_of(bytes / rate);
    token_flops_ = exact::nearest_whole(heads * upkeep_.flops_per_token);
    step_flops_ = exact::nearest_whole(heads * upkeep_.flops_per_step);
    launch_ticks_ = ticks_of(model.layers * hardware.kernel_seconds.value);
    return refusal;
  }

  void work(const Batch& batch, Work& work) override {
    cost_->work(batch, work);
    if (batch.decodes == 0 || !work.has_work) return;
    const Line tokens{static_cast<std::int64_t>(batch.held_tokens), batch.holding_more};
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = kernel.bytes_part = EnergyPart::Attention;
    kernel.flops = tokens * token_flops_ + Line{std::int64_t{batch.decodes} * step_flops_, 0};
    kernel.bytes = tokens * token_bytes_;
    kernel.memory_ticks = tokens * token_ticks_;
    kernel.fixed_ticks.first = launch_ticks_;
  }

  std::string note() const override { return cost_->note(); }

 private:
  std::unique_ptr<StepCost> cost_;
  TokenUpkeep upkeep_;
  std::int64_t token_bytes_ = 0, token_ticks_ = 0, token_flops_ = 0, step_flops_ = 0;
  std::int64_t launch_ticks_ = 0;
};

}  // namespace

std::unique_ptr<StepCost> with_token_upkeep(std::unique_ptr<StepCost> cost,
                                            const TokenUpkeep& upkeep) {
  if (upkeep.none()) return cost;
  return std::make_unique<WithTokenUpkeep>(std::move(cost), upkeep);
}

}  // namespace kvern
