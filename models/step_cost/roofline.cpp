// A step from first principles: every kernel lasts as long as the slower of its arithmetic and its
// bytes, at the shares of the peaks that the hardware's file says kernels reach, plus a fixed time.
// Matrix products go by shape (models/roofline/gemm.h). What is left out: attention of a mixed
// batch counts as the sum of its parts, contexts in a batch as if they were equal.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "models/measured/exchange_prices.h"
#include "models/roofline/chunks.h"
#include "models/roofline/collectives.h"
#include "models/roofline/launch.h"
#include "models/roofline/linear_layers.h"
#include "models/step_cost.h"
#include "sim/base/time.h"

namespace kvern::step_cost::roofline {
namespace {

using kvern::roofline::GroupCost;
using kvern::roofline::LayerCost;
using kvern::roofline::LinearLayers;

constexpr double kValueBytes = 2;  // of activations and logits
constexpr std::uint32_t kMaxSamples = 1024;
constexpr Range kUpToSecond{0, 1e9 * kTicksPerNs};

// Ticks, FLOPs and bytes of all layers for one unit of something (a token, a KV token, a pair).
struct UnitCost {
  std::int64_t compute_ticks = 0;
  std::int64_t memory_ticks = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
};

class Roofline final : public StepCost {
 public:
  explicit Roofline(Parameters& p) : launch_(p) {
    // 26 us: argmax over a vocabulary of 128,256 on an H100, own measurement.
    sampling_ticks_ = p.get("sampling", Ticks{26'000 * kTicksPerNs},
                            "fixed time of the sampler in a step", kUpToSecond)
                          .value;
  }

  std::string prepare(const Deployment& deployment) override {
    if (deployment.hardware == nullptr || deployment.model == nullptr) {
      return "roofline needs hardware and model";
    }
    if (auto reason = kvern::roofline::sharing_refusal(deployment); !reason.empty()) return reason;
    deployment_ = deployment;
    gpus_ = deployment.tensor_parallel;
    model_ = *deployment.model;
    prepare_fixed(*deployment.hardware);
    prepare_elementwise(deployment);
    prepare_attention(deployment);
    linear_ = LinearLayers(deployment, deployment.max_batched_tokens + kMaxSamples, kMaxSamples);
    return {};
  }

  void work(const Batch& batch, Work& work) override {
    std::uint64_t tokens = batch.decodes;
    std::uint64_t samples = batch.decodes;
    for (const PrefillChunk& chunk : batch.prefill) {
      tokens += chunk.tokens;
      samples += chunk.samples ? 1 : 0;
    }
    const bool captured = launch_.captured(tokens, !batch.prefill.empty());
    const std::uint64_t rows = captured ? launch_.rows(tokens) : tokens;
    add_layers(rows, tokens, work);
    if (samples > 0) add_head(samples, work);
    if (batch.decodes > 0) add_decode_attention(batch, work);
    if (!batch.prefill.empty()) add_prefill_attention(batch, work);
    if (deployment_.gpus() > 1) add_collectives(rows, samples, work);
    const bool mixed = batch.decodes > 0 && !batch.prefill.empty();
    if (!captured) launch_.add_stall(model_.layers, mixed, work);
  }

 private:
  void prepare_fixed(const HardwareSpec& h) {
    const double layers = model_.layers;
    gemm_ticks_ = ticks_of(h.gemm_seconds.value);
    layer_gemm_ticks_ = ticks_of(2 * layers * h.gemm_seconds.value);
    attention_ticks_ = ticks_of(layers * h.attention_seconds.value);
    // Two norms, rotary embedding with the KV write, activation; q and k norms; routing, gathering
    // and summing of experts. Once a step: embedding and last norm.
    const double kernels = 4 + (model_.qk_norm ? 1 : 0) + (model_.experts > 0 ? 3 : 0);
    elementwise_ticks_ = ticks_of((layers * kernels + 2) * h.kernel_seconds.value);
  }

  void prepare_elementwise(const Deployment& d) {
    const HardwareSpec& h = *d.hardware;
    const double query = static_cast<double>(model_.heads) * model_.head_dim / gpus_;
    const double kv = kv_width();
    const double inner =
        static_cast<double>(model_.intermediate) / gpus_ * std::max(1U, model_.experts_per_token);
    // Values read and written: two residual norms of 4 each, q and k rotated, gate and up to inner.
    const double values = 8.0 * model_.hidden + 2 * (query + kv) + model_.mlp_matrices * inner;
    const double ranks = d.data_parallel;
    token_ = streamed(h, model_.layers * values * kValueBytes / ranks);
    kv_write_ = streamed(h, model_.layers * 2 * kv * (kValueBytes + d.kv_bytes_per_value) / ranks);
    logits_ = streamed(h, static_cast<double>(model_.vocabulary) * kValueBytes / ranks);
  }

  void prepare_attention(const Deployment& d) {
    const HardwareSpec& h = *d.hardware;
    const double bytes =
        static_cast<double>(model_.kv_bytes_per_token(gpus_, d.kv_bytes_per_value)) /
        d.data_parallel;
    const double flops =
        4.0 * model_.layers * model_.heads / d.gpus() * model_.head_dim;  // a query and a key
    const double rate = h.memory_bytes_per_second;
    const double arithmetic = flops / (h.attention_efficiency.value * h.bf16_flops);
    pair_ = {ticks_of(arithmetic), 0, std::llround(flops), 0};
    if (h.attention_start_keys) start_keys_ = std::llround(h.attention_start_keys->value);
    kv_token_ = {ticks_of(arithmetic),
                 ticks_of(bytes / (h.decode_attention_efficiency.value * rate)),
                 std::llround(flops), std::llround(bytes)};
  }

  double kv_width() const {
    return static_cast<double>(std::max(1U, model_.kv_heads / gpus_)) * model_.head_dim;
  }

  static UnitCost streamed(const HardwareSpec& h, double bytes) {
    const double rate = h.memory_efficiency.value * h.memory_bytes_per_second;
    return {0, ticks_of(bytes / rate), 0, std::llround(bytes)};
  }

  static void add_gemm(EnergyPart part, const GroupCost& cost, std::int64_t fixed, Work& work) {
    work.add() = {part,
                  part,
                  Arithmetic::Gemm,
                  {cost.flops, 0},
                  {cost.bytes, 0},
                  {},
                  {cost.compute_ticks, 0},
                  {cost.memory_ticks, 0},
                  {fixed, 0},
                  part == EnergyPart::LmHead ? Owners::Samples : Owners::Tokens,
                  cost.weight_bytes};
  }

  static void add_stream(EnergyPart part, const UnitCost& unit, std::int64_t count,
                         std::int64_t fixed, Work& work) {
    work.add() = {part,
                  part,
                  Arithmetic::None,
                  {},
                  {unit.bytes * count, 0},
                  {},
                  {},
                  {unit.memory_ticks * count, 0},
                  {fixed, 0},
                  part == EnergyPart::Sampling ? Owners::Samples : Owners::Tokens,
                  0};
  }

  // `rows` pass through the captured layers; `tokens` of them are real, and have keys to write.
  void add_layers(std::uint64_t rows, std::uint64_t tokens, Work& work) const {
    const LayerCost cost = linear_.layers(rows);
    add_gemm(EnergyPart::Attention, cost.projections, layer_gemm_ticks_, work);
    add_gemm(EnergyPart::Mlp, cost.mlp, layer_gemm_ticks_, work);
    add_stream(EnergyPart::Elementwise, token_, static_cast<std::int64_t>(rows), elementwise_ticks_,
               work);
    add_stream(EnergyPart::KvWrite, kv_write_, static_cast<std::int64_t>(tokens), 0, work);
  }

  void add_head(std::uint64_t samples, Work& work) const {
    add_gemm(EnergyPart::LmHead, linear_.head(samples), gemm_ticks_, work);
    add_stream(EnergyPart::Sampling, logits_, static_cast<std::int64_t>(samples), sampling_ticks_,
               work);
  }

  void add_decode_attention(const Batch& batch, Work& work) const {
    Line read{static_cast<std::int64_t>(batch.kv_tokens), batch.growing()};
    if (model_.window > 0) {
      // As if contexts were equal: none reads more than the window.
      const std::int64_t most = static_cast<std::int64_t>(batch.decodes) * model_.window;
      if (read.first >= most) {
        read = {most, 0};
      } else if (read.slope > 0) {
        work.steps = std::min(work.steps, (most - read.first - 1) / read.slope + 1);
      }
    }
    work.add() = {EnergyPart::Attention,
                  EnergyPart::KvRead,
                  Arithmetic::Attention,
                  read * kv_token_.flops,
                  read * kv_token_.bytes,
                  {},
                  read * kv_token_.compute_ticks,
                  read * kv_token_.memory_ticks,
                  {attention_ticks_, 0},
                  Owners::Decodes,
                  0};
  }

  void add_prefill_attention(const Batch& batch, Work& work) const {
    std::int64_t pairs = 0;
    std::int64_t read = 0;
    std::int64_t queries = 0;
    for (const PrefillChunk& chunk : batch.prefill) {
      queries += chunk.tokens;
      pairs += kvern::roofline::attended_pairs(chunk, model_.window);
      read += chunk.before + std::int64_t{chunk.tokens};
    }
    work.add() = {EnergyPart::Attention,
                  EnergyPart::KvRead,
                  Arithmetic::Attention,
                  {pairs * pair_.flops, 0},
                  {read * kv_token_.bytes, 0},
                  {},
                  {(pairs + start_keys_ * queries) * pair_.compute_ticks, 0},
                  {read * kv_token_.memory_ticks, 0},
                  {attention_ticks_, 0},
                  Owners::Chunks,
                  0};
  }

  // By what one GPU sends, and to how many others.
  void add_collectives(std::uint64_t rows, std::uint64_t samples, Work& work) const {
    const double ranks = deployment_.data_parallel;
    const auto layers = measured::layers_exchange(nullptr, deployment_,
                                                  std::ceil(static_cast<double>(rows) / ranks));
    const auto logits = measured::logits_exchange(nullptr, deployment_,
                                                  std::ceil(static_cast<double>(samples) / ranks));
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = kernel.bytes_part = EnergyPart::Collective;
    kernel.link_bytes.first = std::llround(layers.bytes + logits.bytes);
    kernel.fixed_ticks.first = ticks_of((layers.us + logits.us) * 1e-6);
  }

  // Keys
  kvern::roofline::Launch launch_;
  std::int64_t sampling_ticks_ = 0;
  // Of the deployment
  Deployment deployment_;
  LlmSpec model_;
  std::uint32_t gpus_ = 1;  // that share a layer
  LinearLayers linear_;
  std::int64_t gemm_ticks_ = 0, layer_gemm_ticks_ = 0, attention_ticks_ = 0;
  std::int64_t elementwise_ticks_ = 0;
  std::int64_t start_keys_ = 0;
  UnitCost token_, kv_write_, logits_, pair_, kv_token_;
};

}  // namespace

std::unique_ptr<StepCost> make(Parameters& p) { return std::make_unique<Roofline>(p); }

}  // namespace kvern::step_cost::roofline
