#include "sim/attention/machine/layer_replay.h"

#include <algorithm>
#include <cmath>

#include "sim/attention/head/full_rows.h"
#include "sim/attention/head/logit_kernel.h"

namespace kvern {
namespace {

// One step's full attention of a query head.
struct FullRow {
  std::vector<double> logits;
  UnitRow unit;
  std::vector<double> mass;
  std::vector<double> output;
  double norm = 0;  // of the output
  bool null = false;
};

double norm_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

// Linear attention's whole memory of a KV head: the sums of phi(k) v^T and of phi(k).
class RunningState {
 public:
  // Takes in the tokens up to and with `position`.
  void advance(const TokenVectors& vectors, std::uint32_t kv_head, std::uint32_t position) {
    const std::size_t dim = vectors.dim;
    outer_.resize(dim * dim);
    keys_.resize(dim);
    for (; count_ <= position; ++count_) {
      const auto key = vectors.key(kv_head, count_);
      const auto value = vectors.value(kv_head, count_);
      for (std::size_t i = 0; i < dim; ++i) {
        const double mapped = feature(key[i]);
        keys_[i] += mapped;
        for (std::size_t d = 0; d < dim; ++d) outer_[i * dim + d] += mapped * value[d];
      }
    }
  }
  // phi(q)^T outer / phi(q).keys
  void read(std::span<const float> query, std::vector<double>& output) const {
    output.assign(query.size(), 0.0);
    double total = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
      const double mapped = feature(query[i]);
      total += mapped * keys_[i];
      for (std::size_t d = 0; d < query.size(); ++d) {
        output[d] += mapped * outer_[i * query.size() + d];
      }
    }
    for (double& value : output) value /= total;
  }
  // A step reads the state, adds a token and writes it back; each query head reads it out.
  static TokenWork work(std::uint32_t dim, std::uint32_t group, double bytes) {
    const std::uint64_t numbers = std::uint64_t{dim} * (dim + 1);
    const auto moved = static_cast<std::uint64_t>(static_cast<double>(numbers) * bytes);
    return {2 * numbers * (group + 1) + std::uint64_t{dim} * group, moved, moved};
  }

 private:
  std::uint32_t count_ = 0;
  std::vector<double> outer_, keys_;  // [dim][dim], [dim]
};

// One policy's cache of the layer.
struct Cache {
  std::unique_ptr<TokenEviction> policy;
  const TokenVectors* stored = nullptr;
  bool reindexes = false;
  std::vector<std::vector<std::uint32_t>> kept;  // by KV head
  std::vector<std::vector<double>> mass, logits;
  std::vector<TokenHead> views;
  std::vector<TokenDrops> drops;
};

class Replayer {
 public:
  Replayer(const TokenLayer& layer, const ReplayOptions& options)
      : layer_(layer),
        options_(options),
        kernel_(layer_),
        rows_(layer_, kernel_, options.form, options.interrupt),
        full_(layer.vectors.heads),
        output_(layer.vectors.dim) {
    layer_.kv_bytes = options.kv_bytes;
    states_.resize(layer.vectors.kv_heads);
    persistence_.assign(layer.vectors.kv_heads,
                        Persistence(layer.bounds.prompt_tokens, layer.bounds.tokens));
  }

  LayerReplay run(const std::vector<TokenPolicyMaker>& makers) {
    const std::uint32_t prompt = layer_.bounds.prompt_tokens;
    for (const TokenPolicyMaker& maker : makers) add(maker());
    for (std::uint32_t t = prompt; t < layer_.bounds.tokens; ++t) {
      options_.interrupt.check();
      for (std::uint32_t head = 0; head < layer_.vectors.heads; ++head) full_row(head, t);
      for (std::size_t p = 0; p < caches_.size(); ++p) step(p, t);
    }
    for (std::size_t p = 0; p < caches_.size(); ++p) finish(p);
    return std::move(result_);
  }

 private:
  void add(std::unique_ptr<TokenEviction> policy) {
    const std::uint32_t heads = layer_.vectors.kv_heads;
    const std::uint32_t steps = layer_.bounds.tokens - layer_.bounds.prompt_tokens;
    Cache cache;
    cache.policy = std::move(policy);
    cache.policy->begin(layer_, rows_);
    cache.stored = cache.policy->stored();
    cache.reindexes = layer_.rope_theta > 0 && cache.policy->reindexes();
    cache.kept.resize(heads);
    cache.mass.resize(heads);
    cache.logits.resize(heads);
    cache.views.resize(heads);
    cache.drops.resize(heads);
    if (layer_.bounds.prompt_tokens > 0) {
      for (auto& kept : cache.kept) {
        for (std::uint32_t j = 0; j < layer_.bounds.prompt_tokens; ++j) kept.push_back(j);
      }
      cache.policy->prefill(cache.drops);
      apply_drops(cache);
    }
    caches_.push_back(std::move(cache));
    result_.heads.emplace_back(heads);
    for (HeadReplay& head : result_.heads.back()) head.steps = steps;
    result_.steps.emplace_back(steps);
    result_.resident.emplace_back(heads);
  }

  void full_row(std::uint32_t head, std::uint32_t t) {
    FullRow& row = full_[head];
    const std::uint32_t kv_head = head / layer_.group;
    if (options_.form == AttentionForm::Linear) {
      row.logits.assign(t + std::size_t{1}, 0.0);
      row.unit.unit.resize(row.logits.size());
      for (std::uint32_t j = 0; j <= t; ++j) {
        row.unit.unit[j] =
            linear_unit(layer_.vectors.query(head, t), layer_.vectors.key(kv_head, j));
      }
    } else {
      kernel_.row(head, t, row.logits);
      unit_values(options_.form, row.logits, row.unit);
    }
    double total = 0;
    for (const double unit : row.unit.unit) total += unit;
    row.null = !(total > 0);
    row.mass.resize(row.unit.unit.size());
    row.output.assign(layer_.vectors.dim, 0.0);
    for (std::uint32_t j = 0; j <= t; ++j) {
      row.mass[j] = row.null ? 0 : row.unit.unit[j] / total;
      add_value(row.output, row.unit.unit[j], layer_.vectors.value(kv_head, j));
    }
    const double scale = output_scale(options_.form, total, row.unit.sink);
    for (double& value : row.output) value *= scale;
    if (options_.form == AttentionForm::Linear) {
      states_[kv_head].advance(layer_.vectors, kv_head, t);
      states_[kv_head].read(layer_.vectors.query(head, t), row.output);
    }
    row.norm = norm_of(row.output);
    persistence_[kv_head].add<double>(t, row.mass);
  }

  static void add_value(std::vector<double>& output, double weight, std::span<const float> value) {
    if (weight == 0) return;
    for (std::size_t d = 0; d < output.size(); ++d) output[d] += weight * value[d];
  }

  void step(std::size_t p, std::uint32_t t) {
    Cache& cache = caches_[p];
    own_work_.assign(layer_.vectors.kv_heads, {});
    for (std::uint32_t kv_head = 0; kv_head < layer_.vectors.kv_heads; ++kv_head) {
      cache.kept[kv_head].push_back(t);
      attend(p, kv_head, t);
      cache.views[kv_head] = {cache.kept[kv_head], cache.mass[kv_head], cache.logits[kv_head]};
    }
    cache.policy->step({t, cache.views}, cache.drops);
    for (std::uint32_t kv_head = 0; kv_head < layer_.vectors.kv_heads; ++kv_head) {
      own_work_[kv_head] += cache.drops[kv_head].work;
    }
    apply_drops(cache);
    StepReplay& sums = result_.steps[p][t - layer_.bounds.prompt_tokens];
    for (std::uint32_t kv_head = 0; kv_head < layer_.vectors.kv_heads; ++kv_head) {
      HeadReplay& head = result_.heads[p][kv_head];
      const auto size = static_cast<std::uint32_t>(cache.kept[kv_head].size());
      head.resident_max = std::max(head.resident_max, size);
      head.own += own_work_[kv_head];
      head.work += own_work_[kv_head];
      ++sums.heads;
      sums.resident += size;
      sums.own += own_work_[kv_head];
      result_.resident[p][kv_head].push_back(size);
    }
  }

  // The attention of a KV head's group over what its cache holds and its policy reads.
  void attend(std::size_t p, std::uint32_t kv_head, std::uint32_t t) {
    Cache& cache = caches_[p];
    HeadReplay& head = result_.heads[p][kv_head];
    const std::vector<std::uint32_t>& kept = cache.kept[kv_head];
    cache.mass[kv_head].assign(layer_.group * kept.size(), 0.0);
    cache.logits[kv_head].assign(layer_.group * kept.size(), 0.0);
    slots_read_.assign(kept.size(), 0);
    head.read_last_step = 0;
    TokenWork work;
    for (std::uint32_t g = 0; g < layer_.group; ++g) {
      const std::uint32_t query_head = kv_head * layer_.group + g;
      choose_slots(cache, query_head, kept, own_work_[kv_head]);
      const std::span<double> mass(cache.mass[kv_head].data() + g * kept.size(), kept.size());
      const std::span<double> logits(cache.logits[kv_head].data() + g * kept.size(), kept.size());
      const double scale = weigh(cache, query_head, t, kept, mass, logits);
      measure(p, kv_head, query_head, t, kept, scale);
      const auto read_now = static_cast<std::uint32_t>(slots_.size());
      head.read_last_step = std::max(head.read_last_step, read_now);
      work.flops += attention_flops(slots_.size(), layer_.vectors.dim);
    }
    std::uint64_t read = 0;  // a token that several query heads read is read once
    for (const std::uint8_t slot : slots_read_) read += slot;
    work.bytes_read = cache.policy->read_bytes(layer_, kv_head, read, kept.size());
    work.bytes_written = static_cast<std::uint64_t>(2.0 * layer_.vectors.dim * layer_.kv_bytes);
    if (options_.form == AttentionForm::Linear) {
      work = RunningState::work(layer_.vectors.dim, layer_.group, layer_.kv_bytes);
    }
    head.work += work;
    StepReplay& sums = result_.steps[p][t - layer_.bounds.prompt_tokens];
    sums.read += read;
    sums.attention += work;
  }

  void choose_slots(Cache& cache, std::uint32_t query_head, std::span<const std::uint32_t> kept,
                    TokenWork& work) {
    slots_.clear();
    if (cache.policy->selects()) {
      cache.policy->select(query_head, kept, slots_, work);
    } else {
      for (std::uint32_t slot = 0; slot < kept.size(); ++slot) slots_.push_back(slot);
    }
    for (const std::uint32_t slot : slots_) slots_read_[slot] = 1;
  }

  // Fills mass and logits at the slots read, and weights_ by slot read; answers the output's scale.
  double weigh(Cache& cache, std::uint32_t query_head, std::uint32_t t,
               const std::vector<std::uint32_t>& kept, std::span<double> mass,
               std::span<double> logits) {
    const FullRow& full = full_[query_head];
    const bool moved = cache.reindexes && kept.size() != t + std::size_t{1};
    weights_.resize(slots_.size());
    double sink = full.unit.sink;
    double total = 0;
    if (moved || cache.stored != nullptr) {
      kernel_.kept_row(query_head, t, kept, cache.stored ? *cache.stored : layer_.vectors, moved,
                       own_.logits);
      total = weigh_own(sink, logits);
    } else {
      for (std::size_t i = 0; i < slots_.size(); ++i) {
        logits[slots_[i]] = full.logits[kept[slots_[i]]];
        weights_[i] = full.unit.unit[kept[slots_[i]]];
        total += weights_[i];
      }
      // What is kept is far below the row's largest: start again from its own.
      if (total < 1e-250 && options_.form != AttentionForm::Relu) {
        own_.logits.resize(kept.size());
        for (std::size_t s = 0; s < kept.size(); ++s) own_.logits[s] = full.logits[kept[s]];
        total = weigh_own(sink, logits);
      }
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      mass[slots_[i]] = total > 0 ? weights_[i] / total : 0;
    }
    return output_scale(options_.form, total, sink);
  }

  // From own_.logits (by slot): weights of the slots read, and their total.
  double weigh_own(double& sink, std::span<double> logits) {
    read_logits_.resize(slots_.size());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      read_logits_[i] = logits[slots_[i]] = own_.logits[slots_[i]];
    }
    unit_values(options_.form, read_logits_, own_.unit);
    weights_ = own_.unit.unit;
    sink = own_.unit.sink;
    double total = 0;
    for (const double weight : weights_) total += weight;
    return total;
  }

  void measure(std::size_t p, std::uint32_t kv_head, std::uint32_t query_head, std::uint32_t t,
               const std::vector<std::uint32_t>& kept, double scale) {
    const FullRow& full = full_[query_head];
    HeadReplay& head = result_.heads[p][kv_head];
    StepReplay& sums = result_.steps[p][t - layer_.bounds.prompt_tokens];
    if (full.null) {
      ++head.null_rows;
      ++sums.null_rows;
      return;
    }
    const TokenVectors& stored = caches_[p].stored != nullptr ? *caches_[p].stored : layer_.vectors;
    positions_.clear();
    output_.assign(layer_.vectors.dim, 0.0);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      positions_.push_back(kept[slots_[i]]);
      add_value(output_, weights_[i], stored.value(kv_head, positions_.back()));
    }
    const RowReading reading = read_row<double>(full.mass, positions_, scratch_);
    for (std::size_t d = 0; d < output_.size(); ++d) {
      output_[d] = full.output[d] - output_[d] * scale;
    }
    ++head.rows;
    head.recall_sum += reading.recall;
    head.recall_min = std::min(head.recall_min, reading.recall);
    head.overlap_sum += reading.overlap;
    head.sparsity_sum += reading.sparsity;
    const double error = full.norm > 0 ? norm_of(output_) / full.norm : 0;
    head.error_sum += error;
    sums.recall += reading.recall;
    sums.error += error;
    sums.overlap += reading.overlap;
    sums.sparsity += reading.sparsity;
    ++sums.rows;
  }

  void apply_drops(Cache& cache) {
    for (std::size_t head = 0; head < cache.kept.size(); ++head) {
      drop_slots(cache.kept[head], cache.drops[head].slots);
      cache.drops[head] = {};
    }
  }

  void finish(std::size_t p) {
    for (std::uint32_t kv_head = 0; kv_head < layer_.vectors.kv_heads; ++kv_head) {
      HeadReplay& head = result_.heads[p][kv_head];
      head.kept = caches_[p].kept[kv_head];
      const std::vector<std::uint32_t> hidden = caches_[p].policy->hidden(kv_head);
      for (const std::uint32_t slot : hidden) head.hidden.push_back(head.kept[slot]);
      drop_slots(head.kept, hidden);
      persistence_[kv_head].count(head);
    }
  }

  struct OwnRow {
    std::vector<double> logits;
    UnitRow unit;
  };
  TokenLayer layer_;
  ReplayOptions options_;
  LogitKernel kernel_;
  FullRows rows_;
  std::vector<FullRow> full_;  // by query head
  std::vector<Cache> caches_;
  LayerReplay result_;
  std::vector<std::uint32_t> slots_;      // read by the query head at hand
  std::vector<std::uint8_t> slots_read_;  // by any of its group
  std::vector<std::uint32_t> positions_;  // of these
  std::vector<TokenWork> own_work_;       // the policy's in this step, by KV head
  std::vector<Persistence> persistence_;  // by KV head
  std::vector<RunningState> states_;      // by KV head, linear attention's
  std::vector<double> weights_, read_logits_, output_, scratch_;
  OwnRow own_;
};

}  // namespace

LayerReplay replay_layer(const TokenLayer& layer, const std::vector<TokenPolicyMaker>& policies,
                         const ReplayOptions& options) {
  return Replayer(layer, options).run(policies);
}

}  // namespace kvern
