// A step as the kernels of this GPU were measured: a table of fits that `kvern calibrate` makes of
// measurements (models/hardware/<name>.cost.h5). Matrix products by shape, attention by contexts
// and batch (piecewise affine in the KV tokens), the rest by size. Queries outside what was
// measured are answered with the nearest edge and counted.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "models/measured/attention_prices.h"
#include "models/measured/exchange_prices.h"
#include "models/measured/layer_prices.h"
#include "models/roofline/chunks.h"
#include "models/roofline/collectives.h"
#include "models/roofline/launch.h"
#include "models/step_cost.h"
#include "sim/base/outside_error.h"
#include "sim/base/time.h"

// step_cost::table() is taken.
namespace kvern::step_cost::table_ {  // NOLINT
namespace {

using measured::AttentionLoad;
using measured::AttentionPrices;
using measured::CostTable;
using measured::ExchangePrice;
using measured::GroupPrice;
using measured::LayerPrices;

// A group of kernels, in the integers of a price.
struct Group {
  std::int64_t compute_ticks = 0;
  std::int64_t ticks = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t link_bytes = 0;
  bool made = false;
};

Group group_of(const GroupPrice& price) {
  Group group;
  group.compute_ticks = ticks_of(price.compute_us * 1e-6);
  group.ticks = ticks_of(price.us * 1e-6);
  group.flops = std::llround(price.flops);
  group.bytes = std::llround(price.bytes);
  group.weight_bytes = std::llround(price.weight_bytes);
  group.made = true;
  return group;
}

Group group_of(const ExchangePrice& price) {
  Group group;
  group.ticks = ticks_of(price.us * 1e-6);
  group.link_bytes = std::llround(price.bytes);
  group.made = true;
  return group;
}

// What so many rows through all layers cost, made when they are first asked for.
struct Rows {
  Group projections, mlp, elementwise, kv_write, exchange;
};
struct Samples {
  Group head, sampling, exchange;
};

class Table final : public StepCost {
 public:
  explicit Table(Parameters& p) : launch_(p) {
    family_ = p.get("attention", "",
                    "folder whose attention kernels run, by its name in the table; absent: the "
                    "first one calibrated");
  }

  bool reads_table() const override { return true; }
  std::string prepare(const Deployment& deployment) override {
    if (deployment.hardware == nullptr || deployment.model == nullptr) {
      return "table needs hardware and model";
    }
    const HardwareSpec& hardware = *deployment.hardware;
    if (hardware.cost_table.empty()) {
      return fmt::format(
          "{} has no table of measured costs; make one from measurements with kvern calibrate, or "
          "use roofline",
          hardware.name);
    }
    if (auto reason = kvern::roofline::sharing_refusal(deployment); !reason.empty()) return reason;
    deployment_ = deployment;
    table_ = measured::load_cost_table(hardware.cost_table);
    layers_ = std::make_unique<LayerPrices>(table_, deployment_);
    if (auto reason = layers_->refusal(); !reason.empty()) return reason;
    const auto choice = measured::choose_attention(table_, deployment_, family_);
    if (!choice.refusal.empty()) return choice.refusal;
    attention_ = AttentionPrices(choice, deployment_);
    prepare_units();
    rows_.resize(std::size_t{deployment.max_batched_tokens} + deployment.max_sequences + 1);
    samples_.resize(std::size_t{deployment.max_sequences} + 1);
    return {};
  }

  void work(const Batch& batch, Work& work) override {
    const StepLoad load = load_of(batch);
    const bool captured = launch_.captured(load.tokens, !batch.prefill.empty());
    const std::uint64_t rows = captured ? launch_.rows(load.tokens) : load.tokens;
    if (!batch.probe) count(rows, load);
    add_layers(rows, load.tokens, work);
    if (load.samples > 0) add_head(load.samples, work);
    add_attention(batch, load, work);
    if (deployment_.gpus() > 1) add_exchange(rows, load.samples, work);
    if (captured) {
      work.kernels[0].fixed_ticks.first += graph_ticks_;
    } else {
      const bool mixed = batch.decodes > 0 && !batch.prefill.empty();
      launch_.add_stall(deployment_.model->layers, mixed, work);
    }
  }

  std::string note() const override {
    std::string text;
    const std::string unmeasured = layers_ ? layers_->unmeasured() : "";
    if (!unmeasured.empty()) {
      text = fmt::format("{}: never measured, taken from the peaks: {}", table_.device, unmeasured);
    }
    if (outside_ > 0) {
      text += fmt::format("{}{} of {} prices lie outside what was measured on {}",
                          text.empty() ? "" : "; ", outside_, prices_, table_.device);
    }
    return text;
  }

 private:
  struct StepLoad {
    AttentionLoad attention;  // of one data-parallel rank
    std::uint64_t tokens = 0;
    std::uint64_t samples = 0;
    std::int64_t pairs = 0;
    std::int64_t keys = 0;
  };

  // For note(): what was asked, and what of it lies outside the measurements.
  void count(std::uint64_t rows, const StepLoad& load) {
    ++prices_;
    const bool inside =
        layers_->covers_rows(static_cast<double>(rows)) && attention_.covers(load.attention);
    if (!inside) ++outside_;
  }

  void prepare_units() {
    const LlmSpec& model = *deployment_.model;
    const double gpus = deployment_.gpus();
    const double heads = static_cast<double>(model.heads) / gpus;
    pair_flops_ = std::llround(4.0 * model.layers * heads * model.head_dim);
    token_bytes_ = std::llround(static_cast<double>(model.kv_bytes_per_token(
                                    deployment_.tensor_parallel, deployment_.kv_bytes_per_value)) /
                                deployment_.data_parallel);
    if (table_.step.empty()) return;
    const measured::StepModel& step = table_.step[0];
    graph_ticks_ = ticks_of(step.graph_step_us * 1e-6);
    clock_share_ = step.clock_share;
    if (!launch_.layer_given() && step.eager_layer_us > 0) {
      launch_.set_layer_ticks(ticks_of(step.eager_layer_us * 1e-6));
    }
  }

  StepLoad load_of(const Batch& batch) const {
    StepLoad load;
    load.tokens = load.samples = batch.decodes;
    for (const PrefillChunk& chunk : batch.prefill) {
      load.tokens += chunk.tokens;
      load.samples += chunk.samples ? 1 : 0;
      load.pairs += kvern::roofline::attended_pairs(chunk, deployment_.model->window);
      load.keys += chunk.before + std::int64_t{chunk.tokens};
    }
    const double ranks = deployment_.data_parallel;
    AttentionLoad& a = load.attention;
    a.heads = static_cast<double>(deployment_.model->heads) / deployment_.tensor_parallel;
    a.kv_heads = std::max(
        1.0, static_cast<double>(deployment_.model->kv_heads) / deployment_.tensor_parallel);
    a.chunks = std::ceil(static_cast<double>(batch.prefill.size()) / ranks);
    a.query = static_cast<double>(load.tokens - batch.decodes) / ranks;
    a.pairs = static_cast<double>(load.pairs) / ranks;
    a.keys = static_cast<double>(load.keys) / ranks;
    a.decodes = std::ceil(batch.decodes / ranks);
    a.kv_tokens = static_cast<double>(batch.kv_tokens) / ranks;
    return load;
  }

  static void add(EnergyPart part, const Group& group, Owners owners, Work& work) {
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = kernel.bytes_part = part;
    kernel.arithmetic = group.flops > 0 ? Arithmetic::Gemm : Arithmetic::None;
    kernel.flops.first = group.flops;
    kernel.bytes.first = group.bytes;
    kernel.link_bytes.first = group.link_bytes;
    kernel.compute_ticks.first = group.compute_ticks;
    kernel.memory_ticks.first = group.ticks;
    kernel.owners = owners;
    kernel.weight_bytes = group.weight_bytes;
  }

  const Rows& rows_of(std::uint64_t rows) {
    if (rows >= rows_.size()) rows_.resize(rows + 1);
    Rows& r = rows_[rows];
    if (r.mlp.made) return r;
    const auto all = static_cast<double>(rows);
    const double own = std::ceil(all / deployment_.data_parallel);
    r.projections = group_of(layers_->projections(own));
    r.mlp = group_of(layers_->mlp(own, all));
    r.elementwise = group_of(layers_->elementwise(own));
    r.kv_write = group_of(layers_->kv_write(own));
    r.exchange = group_of(measured::layers_exchange(&table_, deployment_, own));
    return r;
  }

  const Samples& samples_of(std::uint64_t samples) {
    if (samples >= samples_.size()) samples_.resize(samples + 1);
    Samples& s = samples_[samples];
    if (s.head.made) return s;
    const double own = std::ceil(static_cast<double>(samples) / deployment_.data_parallel);
    s.head = group_of(layers_->head(own));
    s.sampling = group_of(layers_->sampling(own));
    s.exchange = group_of(measured::logits_exchange(&table_, deployment_, own));
    return s;
  }

  // `rows` pass through the captured layers; `tokens` of them are real, and have keys to write.
  void add_layers(std::uint64_t rows, std::uint64_t tokens, Work& work) {
    const Group write = rows_of(tokens).kv_write;
    const Rows& r = rows_of(rows);
    add(EnergyPart::Attention, r.projections, Owners::Tokens, work);
    add(EnergyPart::Mlp, r.mlp, Owners::Tokens, work);
    add(EnergyPart::Elementwise, r.elementwise, Owners::Tokens, work);
    add(EnergyPart::KvWrite, write, Owners::Tokens, work);
  }

  void add_head(std::uint64_t samples, Work& work) {
    const Samples& s = samples_of(samples);
    add(EnergyPart::LmHead, s.head, Owners::Samples, work);
    add(EnergyPart::Sampling, s.sampling, Owners::Samples, work);
  }

  void add_attention(const Batch& batch, const StepLoad& load, Work& work) {
    const measured::Decodes decodes{batch.decodes, static_cast<std::int64_t>(batch.kv_tokens),
                                    batch.longest, batch.growing(), batch.longest_grows ? 1 : 0};
    std::int64_t prefill = 0;
    if (!batch.prefill.empty()) {
      prefill = attention_.prefill(load.attention);
      KernelWork& kernel = add_kernel(Owners::Chunks, work);
      kernel.flops.first = load.pairs * pair_flops_;
      kernel.bytes.first = load.keys * token_bytes_;
      kernel.compute_ticks.first = std::llround(static_cast<double>(prefill) * clock_share_);
      kernel.memory_ticks.first = prefill;
    }
    if (batch.decodes == 0) return;
    KernelWork& kernel = add_kernel(Owners::Decodes, work);
    const Line read = read_of(batch, work);
    kernel.flops = read * pair_flops_;
    kernel.bytes = read * token_bytes_;
    kernel.memory_ticks = batch.prefill.empty() ? attention_.decode(decodes, work.steps)
                                                : attention_.beside_prefill(load.attention, decodes,
                                                                            prefill, work.steps);
  }

  // KV tokens read, as if contexts were equal: none reads more than the window.
  Line read_of(const Batch& batch, Work& work) const {
    const Line read{static_cast<std::int64_t>(batch.kv_tokens), batch.growing()};
    if (deployment_.model->window == 0) return read;
    const std::int64_t most = static_cast<std::int64_t>(batch.decodes) * deployment_.model->window;
    if (read.first >= most) return {most, 0};
    if (read.slope > 0) work.steps = std::min(work.steps, (most - read.first - 1) / read.slope + 1);
    return read;
  }

  static KernelWork& add_kernel(Owners owners, Work& work) {
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = EnergyPart::Attention;
    kernel.bytes_part = EnergyPart::KvRead;
    kernel.arithmetic = Arithmetic::Attention;
    kernel.owners = owners;
    return kernel;
  }

  void add_exchange(std::uint64_t rows, std::uint64_t samples, Work& work) {
    Group both = rows_of(rows).exchange;
    if (samples > 0) {
      const Group& logits = samples_of(samples).exchange;
      both.ticks += logits.ticks;
      both.link_bytes += logits.link_bytes;
    }
    add(EnergyPart::Collective, both, Owners::Tokens, work);
  }

  // Keys
  kvern::roofline::Launch launch_;
  std::string family_;
  // Of the deployment
  Deployment deployment_;
  CostTable table_;
  std::unique_ptr<LayerPrices> layers_;
  AttentionPrices attention_;
  std::vector<Rows> rows_;
  std::vector<Samples> samples_;
  std::int64_t pair_flops_ = 0, token_bytes_ = 0, graph_ticks_ = 0;
  double clock_share_ = 1;
  // Of the run
  std::uint64_t prices_ = 0, outside_ = 0;
};

}  // namespace

std::unique_ptr<StepCost> make(Parameters& p) { return std::make_unique<Table>(p); }

}  // namespace kvern::step_cost::table_
