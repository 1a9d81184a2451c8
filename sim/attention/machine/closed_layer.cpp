#include "sim/attention/machine/closed_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/attention/head/group_attention.h"

namespace kvern {

ClosedLayer::ClosedLayer(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy,
                         const Rotary& rotary, const ClosedOptions& options)
    : layer_(layer),
      policy_(std::move(policy)),
      rotary_(rotary),
      options_(options),
      full_(layer_, options.interrupt),
      heads_(layer.vectors.kv_heads, Head(layer.vectors.dim)),
      steps_(layer.bounds.tokens - layer.bounds.prompt_tokens),
      views_(layer.vectors.kv_heads),
      drops_(layer.vectors.kv_heads),
      queries_(std::size_t{layer.group} * layer.vectors.dim),
      slots_(layer.group) {
  layer_.kv_bytes = options.kv_bytes;
  policy_->begin(layer_, full_);
  selects_ = policy_->selects();
  reindexes_ = policy_->reindexes();
  stored_ = policy_->stored();
  for (Head& head : heads_) head.replay.steps = static_cast<std::uint32_t>(steps_.size());
  if (options.measure) {
    persistence_.assign(heads_.size(),
                        Persistence(layer.bounds.prompt_tokens, layer.bounds.tokens));
  }
}

void ClosedLayer::prefill() {
  const std::uint32_t prompt = layer_.bounds.prompt_tokens;
  if (prompt == 0) return;
  for (std::uint32_t head = 0; head < heads_.size(); ++head) {
    for (std::uint32_t j = static_cast<std::uint32_t>(heads_[head].rows.count()); j < prompt; ++j) {
      heads_[head].rows.append(j, layer_.vectors.key(head, j), layer_.vectors.value(head, j));
    }
  }
  policy_->prefill(drops_);
  for (std::uint32_t head = 0; head < heads_.size(); ++head) {
    drop(head, drops_[head].slots);
    drops_[head] = {};
  }
}

void ClosedLayer::append(std::uint32_t kv_head, std::uint32_t position) {
  KeptRows& rows = heads_[kv_head].rows;
  rows.append(position, layer_.vectors.key(kv_head, position),
              layer_.vectors.value(kv_head, position));
  if (reindexes_) place_keys(kv_head, rows.count() - 1);
}

// Keys from rank `first` on stand at their index in the cache.
void ClosedLayer::place_keys(std::uint32_t kv_head, std::size_t first) {
  KeptRows& rows = heads_[kv_head].rows;
  const TokenVectors& source = stored_ != nullptr ? *stored_ : layer_.vectors;
  for (std::size_t rank = first; rank < rows.count(); ++rank) {
    const std::uint32_t position = rows.positions()[rank];
    const auto key = source.key(kv_head, position);
    std::copy(key.begin(), key.end(), rows.key(rank).begin());
    if (reindexes_ && position != rank) {
      rotary_.turn(rows.key(rank),
                   static_cast<std::int64_t>(rank) - static_cast<std::int64_t>(position));
    }
  }
}

void ClosedLayer::drop(std::uint32_t kv_head, std::span<const std::uint32_t> ranks) {
  KeptRows& rows = heads_[kv_head].rows;
  rows.drop(ranks);
  if (stored_ != nullptr) {
    // What the cache holds may have lost digits anywhere.
    for (std::size_t rank = 0; rank < rows.count(); ++rank) {
      const auto value = stored_->value(kv_head, rows.positions()[rank]);
      std::copy(value.begin(), value.end(), rows.value(rank).begin());
    }
    place_keys(kv_head, 0);
  } else if (reindexes_ && !ranks.empty()) {
    place_keys(kv_head, ranks.front());
  }
}

void ClosedLayer::step(std::uint32_t position, std::span<float> outputs) {
  options_.interrupt.check();
  const std::uint32_t prompt = layer_.bounds.prompt_tokens;
  const std::size_t group_row = std::size_t{layer_.group} * layer_.vectors.dim;
  for (std::uint32_t head = 0; head < heads_.size(); ++head) {
    const std::span<float> into = outputs.subspan(head * group_row, group_row);
    if (position < prompt) {
      const FullCache::Group full = full_.attend(head, position);
      std::copy_n(full.outputs, group_row, into.begin());
      continue;
    }
    append(head, position);
    attend(head, position, into);
    StepReplay& sums = steps_[position - prompt];
    count_work(head, heads_[head], sums);
    if (options_.measure) measure(head, position, into);
  }
  if (position + 1 == prompt) prefill();
  if (position >= prompt) evict(position);
}

// Which slots each query head of the group reads.
void ClosedLayer::choose(std::uint32_t kv_head, Head& head) {
  for (std::uint32_t g = 0; g < layer_.group; ++g) {
    slots_[g].clear();
    policy_->select(kv_head * layer_.group + g, head.rows.positions(), slots_[g], head.own);
  }
}

void ClosedLayer::attend(std::uint32_t kv_head, std::uint32_t position, std::span<float> outputs) {
  Head& head = heads_[kv_head];
  const std::size_t count = head.rows.count();
  const std::span<const std::uint32_t> places = head.rows.places();
  stride_ = (count + 7) / 8 * 8;
  if (weights_.size() < layer_.group * stride_)
    weights_.resize(std::size_t{2} * layer_.group * stride_);
  const std::uint32_t first_query = kv_head * layer_.group;
  const float* query = layer_.vectors.query(first_query, position).data();
  if (reindexes_ && count != position + std::size_t{1}) {
    std::copy_n(query, queries_.size(), queries_.begin());
    rotary_.turn(queries_, static_cast<std::int64_t>(count - 1) - std::int64_t{position});
    query = queries_.data();
  }
  const GroupAttention work{
      layer_.vectors.dim,  layer_.group,    query,   head.rows.keys(), head.rows.values(), count,
      logit_scale(layer_), weights_.data(), stride_, outputs.data()};
  attention_logits(work);
  head.mass.resize(layer_.group * count);
  head.logits.resize(layer_.group * count);
  if (selects_) choose(kv_head, head);
  for (std::uint32_t g = 0; g < layer_.group; ++g) {
    float* row = weights_.data() + g * stride_;
    double* logits = head.logits.data() + g * count;
    if (!selects_) {
      for (std::size_t rank = 0; rank < count; ++rank) logits[rank] = row[places[rank]];
      continue;
    }
    // What is not read has no weight, and its logit is nobody's.
    std::fill(logits, logits + count, 0.0);
    for (const std::uint32_t slot : slots_[g]) logits[slot] = row[places[slot]];
    std::fill(row, row + count, -std::numeric_limits<float>::infinity());
    for (const std::uint32_t slot : slots_[g]) {
      row[places[slot]] = static_cast<float>(logits[slot]);
    }
  }
  attention_softmax(work);
  attention_output(work);
  for (std::uint32_t g = 0; g < layer_.group; ++g) {
    const float* row = weights_.data() + g * stride_;
    double* mass = head.mass.data() + g * count;
    for (std::size_t rank = 0; rank < count; ++rank) mass[rank] = row[places[rank]];
  }
}

void ClosedLayer::count_work(std::uint32_t kv_head, Head& head, StepReplay& sums) {
  const std::size_t count = head.rows.count();
  std::uint64_t slots = layer_.group * count;
  std::uint64_t read = count;
  std::uint64_t most = count;
  if (selects_) {
    // A token that several query heads read is read once.
    read_by_any_.assign(count, 0);
    slots = most = 0;
    for (const auto& chosen : slots_) {
      slots += chosen.size();
      most = std::max<std::uint64_t>(most, chosen.size());
      for (const std::uint32_t slot : chosen) read_by_any_[slot] = 1;
    }
    read = static_cast<std::uint64_t>(std::count(read_by_any_.begin(), read_by_any_.end(), 1));
  }
  head.replay.read_last_step = static_cast<std::uint32_t>(most);
  TokenWork work;
  work.flops = attention_flops(slots, layer_.vectors.dim);
  work.bytes_read = policy_->read_bytes(layer_, kv_head, read, count);
  work.bytes_written = static_cast<std::uint64_t>(2.0 * layer_.vectors.dim * layer_.kv_bytes);
  head.replay.work += work;
  ++sums.heads;
  sums.read += read;
  sums.attention += work;
}

// Positions that query head g of the group read.
std::span<const std::uint32_t> ClosedLayer::read_positions(const Head& head, std::uint32_t g) {
  if (!selects_) return head.rows.positions();
  positions_.clear();
  for (const std::uint32_t slot : slots_[g]) positions_.push_back(head.rows.positions()[slot]);
  return positions_;
}

void ClosedLayer::measure(std::uint32_t kv_head, std::uint32_t position,
                          std::span<const float> outputs) {
  Head& head = heads_[kv_head];
  StepReplay& sums = steps_[position - layer_.bounds.prompt_tokens];
  const FullCache::Group full = full_.attend(kv_head, position);
  const std::size_t dim = layer_.vectors.dim;
  for (std::uint32_t g = 0; g < layer_.group; ++g) {
    const std::span<const float> mass(full.weights + g * full.stride, std::size_t{position} + 1);
    const RowReading reading = read_row<float>(mass, read_positions(head, g), scratch_);
    persistence_[kv_head].add<float>(position, mass);
    double difference = 0;
    double norm = 0;
    for (std::size_t d = g * dim; d < (g + 1) * dim; ++d) {
      const double whole = full.outputs[d];
      difference += (whole - outputs[d]) * (whole - outputs[d]);
      norm += whole * whole;
    }
    const double error = norm > 0 ? std::sqrt(difference / norm) : 0;
    ++head.replay.rows;
    head.replay.recall_sum += reading.recall;
    head.replay.recall_min = std::min(head.replay.recall_min, reading.recall);
    head.replay.overlap_sum += reading.overlap;
    head.replay.sparsity_sum += reading.sparsity;
    head.replay.error_sum += error;
    ++sums.rows;
    sums.recall += reading.recall;
    sums.error += error;
    sums.overlap += reading.overlap;
    sums.sparsity += reading.sparsity;
  }
}

void ClosedLayer::evict(std::uint32_t position) {
  for (std::size_t head = 0; head < heads_.size(); ++head) {
    views_[head] = {heads_[head].rows.positions(), heads_[head].mass, heads_[head].logits};
  }
  policy_->step({position, views_}, drops_);
  StepReplay& sums = steps_[position - layer_.bounds.prompt_tokens];
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    head.own += drops_[i].work;
    drop(i, drops_[i].slots);
    drops_[i].slots.clear();
    drops_[i].work = {};
    const auto size = static_cast<std::uint32_t>(head.rows.count());
    head.replay.resident_max = std::max(head.replay.resident_max, size);
    head.replay.own += head.own;
    head.replay.work += head.own;
    sums.own += head.own;
    sums.resident += size;
    head.own = {};
  }
}

std::vector<HeadReplay> ClosedLayer::heads() {
  std::vector<HeadReplay> replays;
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    HeadReplay& head = heads_[i].replay;
    const auto positions = heads_[i].rows.positions();
    head.kept.assign(positions.begin(), positions.end());
    const std::vector<std::uint32_t> hidden = policy_->hidden(i);
    for (const std::uint32_t slot : hidden) head.hidden.push_back(head.kept[slot]);
    drop_slots(head.kept, hidden);
    if (options_.measure) persistence_[i].count(head);
    replays.push_back(std::move(head));
  }
  return replays;
}

}  // namespace kvern
