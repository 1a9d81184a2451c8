// A step from first principles: every kernel lasts as long as the slower of its arithmetic and its
// bytes, at the shares of the peaks that the hardware's file says kernels reach, plus a fixed time.
// Matrix products go by shape (models/roofline/gemm.h). What is left out: attention of a mixed
// batch counts as the sum of its parts, contexts in a batch as if they were equal.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

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

// The batch sizes that a CUDA graph is captured for: 1, 2, 4, then steps of 8 to 248 and of 16.
std::uint32_t capture_size(std::uint32_t tokens) {
  if (tokens <= 2) return tokens;
  if (tokens <= 4) return 4;
  if (tokens <= 248) return (tokens + 7) / 8 * 8;
  return (tokens + 15) / 16 * 16;
}

// Ticks, FLOPs and bytes of all layers for one unit of something (a token, a KV token, a pair).
struct UnitCost {
  std::int64_t compute_ticks = 0;
  std::int64_t memory_ticks = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
};

class Roofline final : public StepCost {
 public:
  explicit Roofline(Parameters& p) {
    const std::string graphs =
        p.choice("graphs", "all", {"all", "decode", "none"},
                 "steps replayed as CUDA graphs: all (piecewise), decode only, or none");
    decode_graphs_ = graphs != "none";
    prefill_graphs_ = graphs == "all";
    largest_graph_ = p.get("largest_graph", std::uint32_t{512}, "most tokens of a captured step",
                           Range{1, 8192});
    // 240 us: our own eager prefill of 64 tokens through 32 layers of Llama-3.1-8B, 7.75 ms.
    eager_layer_ticks_ = p.get("eager_layer", Ticks{240'000 * kTicksPerNs},
                               "host time to launch a layer's kernels one by one", kUpToSecond)
                             .value;
    // 26 us: argmax over a vocabulary of 128,256 on an H100, own measurement.
    sampling_ticks_ = p.get("sampling", Ticks{26'000 * kTicksPerNs},
                            "fixed time of the sampler in a step", kUpToSecond)
                          .value;
  }

  std::string prepare(const Deployment& deployment) override {
    if (deployment.hardware == nullptr || deployment.model == nullptr) {
      return "roofline needs hardware and model";
    }
    if (std::string reason = prepare_shards(deployment); !reason.empty()) return reason;
    model_ = *deployment.model;
    prepare_fixed(*deployment.hardware);
    prepare_elementwise(deployment);
    prepare_attention(deployment);
    prepare_collectives(deployment);
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
    const bool captured =
        tokens <= largest_graph_ && (batch.prefill.empty() ? decode_graphs_ : prefill_graphs_);
    const std::uint64_t rows = captured ? capture_size(static_cast<std::uint32_t>(tokens)) : tokens;
    add_layers(rows, tokens, work);
    if (samples > 0) add_head(samples, work);
    if (batch.decodes > 0) add_decode_attention(batch, work);
    if (!batch.prefill.empty()) add_prefill_attention(batch, work);
    if (gpus_ > 1) add_collectives(rows, samples, work);
    if (!captured) add_launch_stall(work);
  }

 private:
  std::string prepare_shards(const Deployment& d) {
    gpus_ = d.tensor_parallel;
    if (gpus_ == 1) return {};
    const LlmSpec& m = *d.model;
    if (m.heads % gpus_ != 0 || (m.kv_heads % gpus_ != 0 && gpus_ % m.kv_heads != 0)) {
      return m.name + ": its heads can't be shared by " + std::to_string(gpus_) + " GPUs";
    }
    const HardwareSpec& h = *d.hardware;
    const auto& rate =
        h.nvlink_bytes_per_second ? h.nvlink_bytes_per_second : h.pcie_bytes_per_second;
    if (!rate || !h.link_efficiency || !h.all_reduce_seconds) {
      return h.name + ": the speed of its collectives is unknown, so tensor_parallel must be 1";
    }
    return {};
  }

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
    token_ = streamed(h, model_.layers * values * kValueBytes);
    kv_write_ = streamed(h, model_.layers * 2 * kv * (kValueBytes + d.kv_bytes_per_value));
    logits_ = streamed(h, static_cast<double>(model_.vocabulary) * kValueBytes);
  }

  void prepare_attention(const Deployment& d) {
    const HardwareSpec& h = *d.hardware;
    const double bytes =
        static_cast<double>(model_.kv_bytes_per_token(gpus_, d.kv_bytes_per_value));
    const double flops =
        4.0 * model_.layers * model_.heads / gpus_ * model_.head_dim;  // a query and a key
    const double rate = h.memory_bytes_per_second;
    const double arithmetic = flops / (h.attention_efficiency.value * h.bf16_flops);
    pair_ = {ticks_of(arithmetic), 0, std::llround(flops), 0};
    kv_token_ = {ticks_of(arithmetic),
                 ticks_of(bytes / (h.decode_attention_efficiency.value * rate)),
                 std::llround(flops), std::llround(bytes)};
  }

  void prepare_collectives(const Deployment& d) {
    if (gpus_ == 1) return;
    const HardwareSpec& h = *d.hardware;
    const double rate = h.link_efficiency->value *
                        h.nvlink_bytes_per_second.value_or(h.pcie_bytes_per_second.value_or(0));
    const double reductions = 2.0 * model_.layers + 1;  // the embedding is split too
    const double share = (gpus_ - 1.0) / gpus_;
    collective_ticks_ = ticks_of((reductions + 1) * h.all_reduce_seconds->value);
    // Ring: each GPU sends 2 (k - 1) / k of a message to reduce it, half of that to gather.
    const double reduced = reductions * 2 * share * model_.hidden * kValueBytes;
    const double gathered = share * model_.vocabulary * kValueBytes;
    reduced_token_ = {0, ticks_of(reduced / rate), 0, std::llround(reduced)};
    gathered_row_ = {0, ticks_of(gathered / rate), 0, std::llround(gathered)};
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
    Line read{static_cast<std::int64_t>(batch.kv_tokens), batch.decodes};
    if (model_.window > 0) {
      // As if contexts were equal: none reads more than the window.
      const std::int64_t most = static_cast<std::int64_t>(batch.decodes) * model_.window;
      if (read.first >= most) {
        read = {most, 0};
      } else {
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
    for (const PrefillChunk& chunk : batch.prefill) {
      pairs += attended(chunk);
      read += chunk.before + std::int64_t{chunk.tokens};
    }
    work.add() = {EnergyPart::Attention,
                  EnergyPart::KvRead,
                  Arithmetic::Attention,
                  {pairs * pair_.flops, 0},
                  {read * kv_token_.bytes, 0},
                  {},
                  {pairs * pair_.compute_ticks, 0},
                  {read * kv_token_.memory_ticks, 0},
                  {attention_ticks_, 0},
                  Owners::Chunks,
                  0};
  }

  // Pairs of a query and a key at or before it, within the window.
  std::int64_t attended(const PrefillChunk& chunk) const {
    const std::int64_t n = chunk.tokens;
    const std::int64_t before = chunk.before;
    const std::int64_t all = n * before + n * (n + 1) / 2;
    if (model_.window == 0 || before + n <= model_.window) return all;
    // Query i (1 .. n) misses before + i - window keys where that is positive.
    const std::int64_t last = before + n - model_.window;
    const std::int64_t first = std::max<std::int64_t>(1, before + 1 - std::int64_t{model_.window});
    return all - (first + last) * (last - first + 1) / 2;
  }

  void add_collectives(std::uint64_t rows, std::uint64_t samples, Work& work) const {
    const auto reduced = static_cast<std::int64_t>(rows);
    const auto gathered = static_cast<std::int64_t>(samples);
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = kernel.bytes_part = EnergyPart::Collective;
    kernel.link_bytes.first = reduced * reduced_token_.bytes + gathered * gathered_row_.bytes;
    kernel.memory_ticks.first =
        reduced * reduced_token_.memory_ticks + gathered * gathered_row_.memory_ticks;
    kernel.fixed_ticks.first = collective_ticks_;
  }

  // Where kernels are launched one by one, the device waits if the host takes longer than they do.
  void add_launch_stall(Work& work) const {
    Line device;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      // Only decode attention has slopes, and its two bounds are multiples of one line.
      device += kernel.compute_ticks.first > kernel.memory_ticks.first ? kernel.compute_ticks
                                                                       : kernel.memory_ticks;
      device += kernel.fixed_ticks;
    }
    const std::int64_t stall = eager_layer_ticks_ * model_.layers - device.first;
    if (stall < 0) return;
    if (device.slope > 0) work.steps = std::min(work.steps, stall / device.slope + 1);
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = kernel.bytes_part = EnergyPart::HostGap;
    kernel.fixed_ticks = {stall, -device.slope};
  }

  // Keys
  bool decode_graphs_ = false;
  bool prefill_graphs_ = false;
  std::uint32_t largest_graph_ = 0;
  std::int64_t eager_layer_ticks_ = 0;
  std::int64_t sampling_ticks_ = 0;
  // Of the deployment
  LlmSpec model_;
  std::uint32_t gpus_ = 1;
  LinearLayers linear_;
  std::int64_t gemm_ticks_ = 0, layer_gemm_ticks_ = 0, attention_ticks_ = 0;
  std::int64_t elementwise_ticks_ = 0, collective_ticks_ = 0;
  UnitCost token_, kv_write_, logits_, pair_, kv_token_, reduced_token_, gathered_row_;
};

}  // namespace

std::unique_ptr<StepCost> make(Parameters& p) { return std::make_unique<Roofline>(p); }

}  // namespace kvern::step_cost::roofline
