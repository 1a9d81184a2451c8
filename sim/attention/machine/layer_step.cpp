#include "sim/attention/machine/layer_step.h"

#include <algorithm>
#include <numeric>

#include "sim/base/drop_slots.h"

namespace kvern {

CacheRules CacheRules::of(TokenEviction& policy, const TokenLayer& layer) {
  CacheRules rules;
  rules.reindexes = policy.reindexes();
  if (TokenStorage* storage = policy.storage(); storage != nullptr) {
    storage->begin(layer);
    rules.stored = &storage->vectors();
  }
  return rules;
}

LayerStep::LayerStep(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy,
                     const AttentionControl* control, bool measure)
    : layer_(&layer),
      policy_(std::move(policy)),
      reading_(policy_->reading()),
      storage_(policy_->storage()),
      control_(control),
      measure_(measure),
      heads_(layer.vectors.kv_heads),
      steps_(layer.bounds.tokens - layer.bounds.prompt_tokens),
      resident_(layer.vectors.kv_heads),
      views_(layer.vectors.kv_heads),
      drops_(layer.vectors.kv_heads) {
  slots_.of.resize(layer.group);
  for (Head& head : heads_) head.replay.steps = static_cast<std::uint32_t>(steps_.size());
}

void LayerStep::prefill(LayerKernel& kernel) {
  const std::uint32_t prompt = layer_->bounds.prompt_tokens;
  if (prompt == 0) return;
  for (std::uint32_t head = 0; head < heads_.size(); ++head) {
    for (std::uint32_t j = 0; j < prompt; ++j) kernel.append(head, j);
  }
  policy_->prefill(drops_);
  TokenWork of_the_prompt;  // metrics count decode steps only
  for (std::uint32_t head = 0; head < heads_.size(); ++head) drop(kernel, head, of_the_prompt);
}

void LayerStep::step(LayerKernel& kernel, std::uint32_t position) {
  StepReplay& sums = steps_[position - layer_->bounds.prompt_tokens];
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    kernel.append(i, position);
    const std::span<const std::uint32_t> kept = kernel.kept(i);
    choose(i, position, kept);
    kernel.attend(i, position, slots_, measure_, head.rows);
    count_work(kernel, i, kept.size(), sums);
    if (measure_) count_readings(head, sums);
  }
  evict(kernel, position, sums);
}

// What the policy reads, less what the controller takes away.
void LayerStep::choose(std::uint32_t kv_head, std::uint32_t position,
                       std::span<const std::uint32_t> kept) {
  const auto controlled = [&](std::uint32_t g) {
    return control_ != nullptr && control_->acts(head_at(kv_head, g, position));
  };
  slots_.all = reading_ == nullptr;
  for (std::uint32_t g = 0; g < layer_->group && slots_.all; ++g) slots_.all = !controlled(g);
  if (slots_.all) return;
  for (std::uint32_t g = 0; g < layer_->group; ++g) {
    const ControlledHead head = head_at(kv_head, g, position);
    std::vector<std::uint32_t>& slots = slots_.of[g];
    slots.clear();
    if (reading_ != nullptr) {
      reading_->select(head.query_head, kept, slots, heads_[kv_head].own);
    } else {
      slots.resize(kept.size());
      std::iota(slots.begin(), slots.end(), 0U);
    }
    if (controlled(g)) control_->narrow(head, kept, slots);
  }
}

void LayerStep::count_work(const LayerKernel& kernel, std::uint32_t kv_head, std::size_t kept,
                           StepReplay& sums) {
  std::uint64_t slots = layer_->group * kept;
  std::uint64_t read = kept;
  std::uint64_t most = kept;
  if (!slots_.all) {
    // A token that several query heads read is read once.
    read_by_any_.assign(kept, 0);
    slots = most = 0;
    for (const auto& chosen : slots_.of) {
      slots += chosen.size();
      most = std::max<std::uint64_t>(most, chosen.size());
      for (const std::uint32_t slot : chosen) read_by_any_[slot] = 1;
    }
    read = static_cast<std::uint64_t>(std::count(read_by_any_.begin(), read_by_any_.end(), 1));
  }
  HeadReplay& replay = heads_[kv_head].replay;
  replay.read_last_step = static_cast<std::uint32_t>(most);
  TokenWork work;
  work.flops = attention_flops(slots, layer_->vectors.dim);
  work.bytes_read =
      storage_ != nullptr ? storage_->read_bytes(kv_head, read, kept) : plain_bytes(*layer_, read);
  work.bytes_written = plain_bytes(*layer_, 1);
  if (const auto state = kernel.state_work()) work = *state;
  replay.work += work;
  ++sums.heads;
  sums.read += read;
  sums.attention += work;
}

void LayerStep::count_readings(Head& head, StepReplay& sums) {
  for (const std::optional<RowReading>& reading : head.rows.readings) {
    if (!reading) {
      ++head.replay.null_rows;
      ++sums.null_rows;
      continue;
    }
    ++head.replay.rows;
    head.replay.recall_sum += reading->recall;
    head.replay.recall_min = std::min(head.replay.recall_min, reading->recall);
    head.replay.overlap_sum += reading->overlap;
    head.replay.sparsity_sum += reading->sparsity;
    head.replay.error_sum += reading->error;
    ++sums.rows;
    sums.recall += reading->recall;
    sums.error += reading->error;
    sums.overlap += reading->overlap;
    sums.sparsity += reading->sparsity;
  }
}

void LayerStep::drop(LayerKernel& kernel, std::uint32_t kv_head, TokenWork& work) {
  TokenDrops& drops = drops_[kv_head];
  work += drops.work;
  kernel.drop(kv_head, drops.slots);
  if (storage_ != nullptr) {
    storage_->settle(kv_head, drops.slots, kernel.kept(kv_head), work);
    kernel.restore(kv_head);
  }
  drops.slots.clear();
  drops.work = {};
}

void LayerStep::evict(LayerKernel& kernel, std::uint32_t position, StepReplay& sums) {
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    views_[i] = {kernel.kept(i), heads_[i].rows.mass, heads_[i].rows.logits};
  }
  policy_->step({position, views_}, drops_);
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    drop(kernel, i, head.own);
    const auto size = static_cast<std::uint32_t>(kernel.kept(i).size());
    head.replay.resident_max = std::max(head.replay.resident_max, size);
    head.replay.own += head.own;
    head.replay.work += head.own;
    sums.own += head.own;
    sums.resident += size;
    resident_[i].push_back(size);
    head.own = {};
  }
}

std::vector<HeadReplay> LayerStep::heads(const LayerKernel& kernel) {
  std::vector<HeadReplay> replays;
  for (std::uint32_t i = 0; i < heads_.size(); ++i) {
    HeadReplay& head = heads_[i].replay;
    const auto kept = kernel.kept(i);
    head.kept.assign(kept.begin(), kept.end());
    if (reading_ != nullptr) {
      const std::vector<std::uint32_t> hidden = reading_->hidden(i);
      for (const std::uint32_t slot : hidden) head.hidden.push_back(head.kept[slot]);
      drop_slots(head.kept, hidden);
    }
    if (const Persistence* persistence = kernel.persistence(i); persistence != nullptr) {
      persistence->count(head);
    }
    replays.push_back(std::move(head));
  }
  return replays;
}

}  // namespace kvern
