// The exact set: attention in double, over recorded queries, keys and values. The full rows of a
// step are computed once, and shared by the caches of many policies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/attention/head/attention_form.h"
#include "sim/attention/head/full_rows.h"
#include "sim/attention/head/logit_kernel.h"
#include "sim/attention/head/running_state.h"
#include "sim/attention/machine/layer_kernel.h"

namespace kvern {

class ExactLayer {
 public:
  // One step's full attention of a query head.
  struct FullRow {
    std::vector<double> logits;
    UnitRow unit;
    std::vector<double> mass;
    std::vector<double> output;
    double norm = 0;  // of the output
    bool null = false;
  };

  // `layer` outlives this.
  ExactLayer(const TokenLayer& layer, AttentionForm form, Interrupt interrupt);
  // The full rows of all query heads at `position`, which come one after the other.
  void advance(std::uint32_t position);

  const TokenLayer& layer() const { return *layer_; }
  AttentionForm form() const { return form_; }
  AttentionRows& rows() { return rows_; }
  LogitKernel& logits() { return kernel_; }
  const FullRow& full(std::uint32_t query_head) const { return full_[query_head]; }
  const Persistence& persistence(std::uint32_t kv_head) const { return persistence_[kv_head]; }

 private:
  void advance_head(std::uint32_t head, std::uint32_t position);

  const TokenLayer* layer_;
  AttentionForm form_;
  LogitKernel kernel_;
  FullRows rows_;
  std::vector<FullRow> full_;             // by query head
  std::vector<Persistence> persistence_;  // by KV head
  std::vector<RunningState> states_;      // by KV head, linear attention's
};

// One policy's cache of that layer.
class ExactKernel final : public LayerKernel {
 public:
  ExactKernel(ExactLayer& layer, const CacheRules& rules);

  std::span<const std::uint32_t> kept(std::uint32_t kv_head) const override {
    return kept_[kv_head];
  }
  void append(std::uint32_t kv_head, std::uint32_t position) override {
    kept_[kv_head].push_back(position);
  }
  void drop(std::uint32_t kv_head, std::span<const std::uint32_t> slots) override;
  void restore(std::uint32_t) override {}  // what is stored is read where it lies
  void attend(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots, bool measure,
              GroupRows& rows) override;
  const Persistence* persistence(std::uint32_t kv_head) const override {
    return &layer_->persistence(kv_head);
  }
  std::optional<TokenWork> state_work() const override;

 private:
  double weigh(std::uint32_t query_head, std::uint32_t position,
               std::span<const std::uint32_t> slots, std::span<double> mass,
               std::span<double> logits);
  double weigh_own(std::span<const std::uint32_t> slots, double& sink, std::span<double> logits);
  std::optional<RowReading> measure_row(std::uint32_t query_head,
                                        std::span<const std::uint32_t> slots, double scale);

  ExactLayer* layer_;
  CacheRules rules_;
  std::vector<std::vector<std::uint32_t>> kept_;  // by KV head
  std::vector<std::uint32_t> every_;              // 0, 1, 2 ...
  std::vector<double> weights_;                   // by slot read
  std::vector<double> own_logits_, read_logits_, output_, scratch_;
  UnitRow own_unit_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace kvern
