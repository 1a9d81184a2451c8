#include "sim/attention/machine/float_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/attention/head/group_attention.h"

namespace kvern {

FloatKernel::FloatKernel(const TokenLayer& layer, FullCache& full, const Rotary& rotary,
                         const CacheRules& rules, bool measured)
    : layer_(&layer),
      full_(&full),
      rotary_(&rotary),
      rules_(rules),
      rows_(layer.vectors.kv_heads, KeptRows(layer.vectors.dim)),
      queries_(std::size_t{layer.group} * layer.vectors.dim) {
  if (measured) {
    persistence_.assign(rows_.size(), Persistence(layer.bounds.prompt_tokens, layer.bounds.tokens));
  }
}

void FloatKernel::append(std::uint32_t kv_head, std::uint32_t position) {
  KeptRows& rows = rows_[kv_head];
  rows.append(position, layer_->vectors.key(kv_head, position),
              layer_->vectors.value(kv_head, position));
  if (rules_.reindexes) place_keys(kv_head, rows.count() - 1);
}

// Keys from rank `first` on stand at their index in the cache.
void FloatKernel::place_keys(std::uint32_t kv_head, std::size_t first) {
  KeptRows& rows = rows_[kv_head];
  const TokenVectors& source = rules_.stored != nullptr ? *rules_.stored : layer_->vectors;
  for (std::size_t rank = first; rank < rows.count(); ++rank) {
    const std::uint32_t position = rows.positions()[rank];
    const auto key = source.key(kv_head, position);
    std::copy(key.begin(), key.end(), rows.key(rank).begin());
    if (rules_.reindexes && position != rank) {
      rotary_->turn(rows.key(rank),
                    static_cast<std::int64_t>(rank) - static_cast<std::int64_t>(position));
    }
  }
}

void FloatKernel::drop(std::uint32_t kv_head, std::span<const std::uint32_t> slots) {
  rows_[kv_head].drop(slots);
  if (rules_.stored == nullptr && rules_.reindexes && !slots.empty()) {
    place_keys(kv_head, slots.front());
  }
}

// What the cache holds may have lost digits anywhere.
void FloatKernel::restore(std::uint32_t kv_head) {
  KeptRows& rows = rows_[kv_head];
  for (std::size_t rank = 0; rank < rows.count(); ++rank) {
    const auto value = rules_.stored->value(kv_head, rows.positions()[rank]);
    std::copy(value.begin(), value.end(), rows.value(rank).begin());
  }
  place_keys(kv_head, 0);
}

void FloatKernel::attend(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots,
                         bool measure, GroupRows& out) {
  KeptRows& rows = rows_[kv_head];
  const std::size_t count = rows.count();
  const std::uint32_t group = layer_->group;
  const std::span<const std::uint32_t> places = rows.places();
  stride_ = (count + 7) / 8 * 8;
  if (weights_.size() < group * stride_) weights_.resize(std::size_t{2} * group * stride_);
  const float* query = layer_->vectors.query(kv_head * group, position).data();
  if (rules_.reindexes && count != position + std::size_t{1}) {
    std::copy_n(query, queries_.size(), queries_.begin());
    rotary_->turn(queries_, static_cast<std::int64_t>(count - 1) - std::int64_t{position});
    query = queries_.data();
  }
  const std::span<float> outputs = outputs_.subspan(kv_head * queries_.size(), queries_.size());
  const GroupAttention work{
      layer_->vectors.dim,  group,           query,   rows.keys(),   rows.values(), count,
      logit_scale(*layer_), weights_.data(), stride_, outputs.data()};
  attention_logits(work);
  out.mass.resize(group * count);
  out.logits.resize(group * count);
  for (std::uint32_t g = 0; g < group && slots.all; ++g) {
    const float* row = weights_.data() + g * stride_;
    double* logits = out.logits.data() + g * count;
    for (std::size_t rank = 0; rank < count; ++rank) logits[rank] = row[places[rank]];
  }
  if (!slots.all) leave_out(kv_head, slots, out);
  attention_softmax(work);
  for (std::uint32_t g = 0; g < group; ++g) {
    float* row = weights_.data() + g * stride_;
    if (!slots.all && slots.of[g].empty()) std::fill(row, row + count, 0.0F);
    double* mass = out.mass.data() + g * count;
    for (std::size_t rank = 0; rank < count; ++rank) mass[rank] = row[places[rank]];
  }
  attention_output(work);
  out.readings.clear();
  if (measure) measure_rows(kv_head, position, slots, outputs, out);
}

// What is not read has no weight, and its logit is nobody's.
void FloatKernel::leave_out(std::uint32_t kv_head, const GroupSlots& slots, GroupRows& rows) {
  const std::size_t count = rows_[kv_head].count();
  const std::span<const std::uint32_t> places = rows_[kv_head].places();
  for (std::uint32_t g = 0; g < layer_->group; ++g) {
    float* row = weights_.data() + g * stride_;
    double* logits = rows.logits.data() + g * count;
    std::fill(logits, logits + count, 0.0);
    for (const std::uint32_t slot : slots.of[g]) logits[slot] = row[places[slot]];
    // A head that reads nothing has no softmax: any logits do until its weights become 0.
    const float none = slots.of[g].empty() ? 0 : -std::numeric_limits<float>::infinity();
    std::fill(row, row + count, none);
    for (const std::uint32_t slot : slots.of[g]) {
      row[places[slot]] = static_cast<float>(logits[slot]);
    }
  }
}

void FloatKernel::measure_rows(std::uint32_t kv_head, std::uint32_t position,
                               const GroupSlots& slots, std::span<const float> outputs,
                               GroupRows& rows) {
  const FullCache::Group full = full_->attend(kv_head, position);
  const std::size_t dim = layer_->vectors.dim;
  for (std::uint32_t g = 0; g < layer_->group; ++g) {
    const std::span<const float> mass(full.weights + g * full.stride, std::size_t{position} + 1);
    std::span<const std::uint32_t> read = kept(kv_head);
    if (!slots.all) {
      positions_.clear();
      for (const std::uint32_t slot : slots.of[g]) positions_.push_back(read[slot]);
      read = positions_;
    }
    RowReading reading = read_row<float>(mass, read, scratch_);
    persistence_[kv_head].add<float>(position, mass);
    double difference = 0;
    double norm = 0;
    for (std::size_t d = g * dim; d < (g + 1) * dim; ++d) {
      const double whole = full.outputs[d];
      difference += (whole - outputs[d]) * (whole - outputs[d]);
      norm += whole * whole;
    }
    reading.error = norm > 0 ? std::sqrt(difference / norm) : 0;
    rows.readings.emplace_back(reading);
  }
}

}  // namespace kvern
