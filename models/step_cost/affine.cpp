// A step lasts a + b * (prefill tokens) + c * (sequences) + d * (KV tokens read), exactly. For
// theory and for comparing schedules to the nanosecond; its joules are unknown.
#include <algorithm>
#include <memory>
#include <string>

#include "models/step_cost.h"
#include "sim/base/time.h"

namespace kvern::step_cost::affine {
namespace {

constexpr Range kUpToHour{0, 3600e9 * kTicksPerNs};

class Affine final : public StepCost {
 public:
  explicit Affine(Parameters& p) {
    const auto coefficient = [&p](const char* key, std::int64_t ns, const char* doc) {
      return p.get(key, Ticks{ns * kTicksPerNs}, doc, kUpToHour).value;
    };
    step_ = coefficient("a", 5'000'000, "every step");
    prefill_token_ = coefficient("b", 8'000, "each prefill token");
    sequence_ = coefficient("c", 12'000, "each sequence, decoding or in prefill");
    kv_token_ = coefficient("d", 47,
                            "each KV token read: a decode's context with the token being decoded, "
                            "a chunk's tokens before it");
  }

  // Step lengths are 63-bit: a full batch over 2 M KV tokens must stay below an hour.
  bool includes_host() const override { return true; }
  std::string prepare(const Deployment& deployment) override {
    const double tokens = deployment.max_batched_tokens;
    const double sequences = std::min(deployment.max_batched_tokens, deployment.max_sequences);
    const double longest =
        static_cast<double>(step_) + static_cast<double>(prefill_token_) * tokens +
        static_cast<double>(sequence_) * sequences + static_cast<double>(kv_token_) * 2e6;
    if (longest <= kUpToHour.max) return {};
    return "affine: with these coefficients a full step could last longer than an hour";
  }

  void work(const Batch& batch, Work& work) override {
    std::int64_t tokens = 0;
    auto kv_tokens = static_cast<std::int64_t>(batch.kv_tokens);
    for (const PrefillChunk& chunk : batch.prefill) {
      tokens += chunk.tokens;
      kv_tokens += chunk.before;
    }
    const auto sequences = batch.decodes + static_cast<std::int64_t>(batch.prefill.size());
    Line& ticks = work.add().fixed_ticks;
    ticks.first = step_ + prefill_token_ * tokens + sequence_ * sequences + kv_token_ * kv_tokens;
    ticks.slope = kv_token_ * batch.growing();
    work.has_work = false;
  }

 private:
  std::int64_t step_ = 0, prefill_token_ = 0, sequence_ = 0, kv_token_ = 0;  // ticks
};

}  // namespace

std::unique_ptr<StepCost> make(Parameters& p) { return std::make_unique<Affine>(p); }

}  // namespace kvern::step_cost::affine
