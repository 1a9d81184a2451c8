#include "sim/attention/machine/exact_kernel.h"

#include <algorithm>
#include <cmath>

#include "sim/base/drop_slots.h"

namespace kvern {
namespace {

double norm_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

void add_value(std::vector<double>& output, double weight, std::span<const float> value) {
  if (weight == 0) return;
  for (std::size_t d = 0; d < output.size(); ++d) output[d] += weight * value[d];
}

}  // namespace

ExactLayer::ExactLayer(const TokenLayer& layer, AttentionForm form, Interrupt interrupt)
    : layer_(&layer),
      form_(form),
      kernel_(layer),
      rows_(layer, kernel_, form, interrupt),
      full_(layer.vectors.heads),
      persistence_(layer.vectors.kv_heads,
                   Persistence(layer.bounds.prompt_tokens, layer.bounds.tokens)),
      states_(layer.vectors.kv_heads) {}

void ExactLayer::advance(std::uint32_t position) {
  for (std::uint32_t head = 0; head < layer_->vectors.heads; ++head) advance_head(head, position);
}

void ExactLayer::advance_head(std::uint32_t head, std::uint32_t t) {
  FullRow& row = full_[head];
  const std::uint32_t kv_head = head / layer_->group;
  if (form_ == AttentionForm::Linear) {
    row.logits.assign(t + std::size_t{1}, 0.0);
    row.unit.unit.resize(row.logits.size());
    for (std::uint32_t j = 0; j <= t; ++j) {
      row.unit.unit[j] =
          linear_unit(layer_->vectors.query(head, t), layer_->vectors.key(kv_head, j));
    }
  } else {
    kernel_.row(head, t, row.logits);
    unit_values(form_, row.logits, row.unit);
  }
  double total = 0;
  for (const double unit : row.unit.unit) total += unit;
  row.null = !(total > 0);
  row.mass.resize(row.unit.unit.size());
  row.output.assign(layer_->vectors.dim, 0.0);
  for (std::uint32_t j = 0; j <= t; ++j) {
    row.mass[j] = row.null ? 0 : row.unit.unit[j] / total;
    add_value(row.output, row.unit.unit[j], layer_->vectors.value(kv_head, j));
  }
  const double scale = output_scale(form_, total, row.unit.sink);
  for (double& value : row.output) value *= scale;
  if (form_ == AttentionForm::Linear) {
    states_[kv_head].advance(layer_->vectors, kv_head, t);
    states_[kv_head].read(layer_->vectors.query(head, t), row.output);
  }
  row.norm = norm_of(row.output);
  persistence_[kv_head].add<double>(t, row.mass);
}

ExactKernel::ExactKernel(ExactLayer& layer, const CacheRules& rules)
    : layer_(&layer), rules_(rules), kept_(layer.layer().vectors.kv_heads) {
  // Without rotary positions there is nothing to place anew.
  rules_.reindexes = rules.reindexes && layer.layer().rope_theta > 0;
}

void ExactKernel::drop(std::uint32_t kv_head, std::span<const std::uint32_t> slots) {
  drop_slots(kept_[kv_head], slots);
}

std::optional<TokenWork> ExactKernel::state_work() const {
  if (layer_->form() != AttentionForm::Linear) return std::nullopt;
  const TokenLayer& layer = layer_->layer();
  return RunningState::work(layer.vectors.dim, layer.group, layer.kv_bytes);
}

void ExactKernel::attend(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots,
                         bool measure, GroupRows& rows) {
  const std::uint32_t group = layer_->layer().group;
  const std::size_t count = kept_[kv_head].size();
  for (auto next = static_cast<std::uint32_t>(every_.size()); next < count; ++next) {
    every_.push_back(next);
  }
  rows.mass.assign(group * count, 0.0);
  rows.logits.assign(group * count, 0.0);
  rows.readings.clear();
  for (std::uint32_t g = 0; g < group; ++g) {
    const std::span<const std::uint32_t> read =
        slots.all ? std::span<const std::uint32_t>(every_).first(count) : slots.of[g];
    const std::uint32_t query_head = kv_head * group + g;
    const double scale =
        weigh(query_head, position, read, std::span(rows.mass).subspan(g * count, count),
              std::span(rows.logits).subspan(g * count, count));
    if (measure) rows.readings.push_back(measure_row(query_head, read, scale));
  }
}

// Fills mass and logits at the slots read, and weights_ by slot read; answers the output's scale.
double ExactKernel::weigh(std::uint32_t query_head, std::uint32_t position,
                          std::span<const std::uint32_t> slots, std::span<double> mass,
                          std::span<double> logits) {
  const ExactLayer::FullRow& full = layer_->full(query_head);
  const std::vector<std::uint32_t>& kept = kept_[query_head / layer_->layer().group];
  const bool moved = rules_.reindexes && kept.size() != position + std::size_t{1};
  weights_.resize(slots.size());
  if (slots.empty()) return 0;
  double sink = full.unit.sink;
  double total = 0;
  if (moved || rules_.stored != nullptr) {
    const TokenVectors& keys = rules_.stored != nullptr ? *rules_.stored : layer_->layer().vectors;
    layer_->logits().kept_row(query_head, position, kept, keys, moved, own_logits_);
    total = weigh_own(slots, sink, logits);
  } else {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      logits[slots[i]] = full.logits[kept[slots[i]]];
      weights_[i] = full.unit.unit[kept[slots[i]]];
      total += weights_[i];
    }
    // What is kept is far below the row's largest: start again from its own.
    if (total < 1e-250 && layer_->form() != AttentionForm::Relu) {
      own_logits_.resize(kept.size());
      for (std::size_t s = 0; s < kept.size(); ++s) own_logits_[s] = full.logits[kept[s]];
      total = weigh_own(slots, sink, logits);
    }
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    mass[slots[i]] = total > 0 ? weights_[i] / total : 0;
  }
  return output_scale(layer_->form(), total, sink);
}

// From own_logits_ (by slot): weights of the slots read, and their total.
double ExactKernel::weigh_own(std::span<const std::uint32_t> slots, double& sink,
                              std::span<double> logits) {
  read_logits_.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    read_logits_[i] = logits[slots[i]] = own_logits_[slots[i]];
  }
  unit_values(layer_->form(), read_logits_, own_unit_);
  weights_ = own_unit_.unit;
  sink = own_unit_.sink;
  double total = 0;
  for (const double weight : weights_) total += weight;
  return total;
}

// None where the full row has no mass to find again.
std::optional<RowReading> ExactKernel::measure_row(std::uint32_t query_head,
                                                   std::span<const std::uint32_t> slots,
                                                   double scale) {
  const ExactLayer::FullRow& full = layer_->full(query_head);
  if (full.null) return std::nullopt;
  const TokenLayer& layer = layer_->layer();
  const std::uint32_t kv_head = query_head / layer.group;
  const TokenVectors& stored = rules_.stored != nullptr ? *rules_.stored : layer.vectors;
  positions_.clear();
  output_.assign(layer.vectors.dim, 0.0);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    positions_.push_back(kept_[kv_head][slots[i]]);
    add_value(output_, weights_[i], stored.value(kv_head, positions_.back()));
  }
  RowReading reading = read_row<double>(full.mass, positions_, scratch_);
  for (std::size_t d = 0; d < output_.size(); ++d) {
    output_[d] = full.output[d] - output_[d] * scale;
  }
  reading.error = full.norm > 0 ? norm_of(output_) / full.norm : 0;
  return reading;
}

}  // namespace kvern
