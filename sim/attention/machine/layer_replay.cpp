#include "sim/attention/machine/layer_replay.h"

#include "sim/attention/machine/exact_kernel.h"
#include "sim/attention/machine/layer_step.h"

namespace kvern {
namespace {

// One policy's cache and its steps.
struct PolicyRun {
  std::unique_ptr<ExactKernel> kernel;
  std::unique_ptr<LayerStep> step;
};

PolicyRun begin_run(ExactLayer& exact, const TokenPolicyMaker& maker,
                    const AttentionControl* control) {
  std::unique_ptr<TokenEviction> policy = maker();
  policy->begin(exact.layer(), exact.rows());
  PolicyRun run;
  run.kernel = std::make_unique<ExactKernel>(exact, CacheRules::of(*policy, exact.layer()));
  run.step = std::make_unique<LayerStep>(exact.layer(), std::move(policy), control, true);
  run.step->prefill(*run.kernel);
  return run;
}

}  // namespace

LayerReplay replay_layer(const TokenLayer& layer, const std::vector<TokenPolicyMaker>& policies,
                         const ReplayOptions& options) {
  TokenLayer told = layer;
  told.kv_bytes = options.kv_bytes;
  told.seed = options.seed;
  ExactLayer exact(told, options.form, options.interrupt);
  std::vector<PolicyRun> runs;
  runs.reserve(policies.size());
  for (const TokenPolicyMaker& maker : policies) {
    runs.push_back(begin_run(exact, maker, options.control));
  }
  for (std::uint32_t t = told.bounds.prompt_tokens; t < told.bounds.tokens; ++t) {
    options.interrupt.check();
    exact.advance(t);
    for (PolicyRun& run : runs) run.step->step(*run.kernel, t);
  }
  LayerReplay result;
  for (PolicyRun& run : runs) {
    result.heads.push_back(run.step->heads(*run.kernel));
    result.steps.push_back(run.step->steps());
    result.resident.push_back(run.step->resident());
  }
  return result;
}

}  // namespace kvern
