// The attention kernels of one deployment's step, all layers, as exact lines along a run of decode
// steps. Built from the fits of a cost table; every look-up is a few dozen operations.
#pragma once

#include <cstdint>
#include <vector>

#include "models/measured/attention_choice.h"
#include "models/measured/cell_grid.h"
#include "sim/line.h"

namespace kvern::measured {

// The decodes of a batch: advanced by a step, kv_tokens grows by `growing` and longest by
// longest_growth.
struct Decodes {
  std::int64_t count = 0;
  std::int64_t kv_tokens = 0;
  std::int64_t longest = 0;
  std::int64_t growing = 0;  // of count; the others read no more with each step
  std::int64_t longest_growth = 1;

  std::int64_t beyond_mean() const { return longest * count - kv_tokens; }
  std::int64_t beyond_mean_growth() const { return longest_growth * count - growing; }
};

class AttentionPrices {
 public:
  AttentionPrices() = default;
  AttentionPrices(const AttentionChoice& choice, const Deployment& deployment);

  // Ticks of a decode step's attention; exact for `steps` (lowered where a knot comes before).
  Line decode(const Decodes& decodes, std::int64_t& steps);
  // Of the chunks alone. `load` has the chunks' sums, of one data-parallel rank.
  std::int64_t prefill(const AttentionLoad& load) const;
  // Of both in one step: what the decodes add to `prefill`. Without a kernel for mixed batches it
  // is `decode`.
  Line beside_prefill(const AttentionLoad& load, const Decodes& decodes, std::int64_t prefill,
                      std::int64_t& steps);
  // False: outside what was measured.
  bool covers(const AttentionLoad& load) const;

 private:
  // Between two contexts: ticks at the first one's KV tokens, and a KV token.
  struct Segment {
    std::int64_t ticks = 0;
    std::int64_t slope = 0;
  };
  struct Row {
    std::int64_t skew = 0;  // ticks by which longest * count exceeds kv_tokens, a token
    bool made = false;
  };

  void make_row(std::int64_t count);
  std::size_t segment_of(std::int64_t count, std::int64_t kv_tokens) const;
  std::int64_t steps_in(const Decodes& decodes, std::size_t segment) const;
  std::int64_t skew_ticks(const AttentionModel& model, std::int64_t count) const;
  double ranked(std::int64_t count) const;
  double ratio(const AttentionModel& model, const CellGrid& cells, const AttentionLoad& load) const;
  std::int64_t ticks(double us) const;

  AttentionChoice choice_;
  double layers_ = 0, heads_ = 0, kv_heads_ = 0, ranks_ = 1;
  bool window_ = false;
  std::vector<std::int64_t> contexts_;  // knots, from 0; beyond the last its slope goes on
  std::vector<Row> rows_;               // by decodes
  std::vector<Segment> segments_;       // contexts_.size() a row
  std::vector<std::int64_t> mixed_skew_;
  CellGrid prefill_cells_;  // ratio by query, chunks, before
  CellGrid mixed_cells_;    // ratio by query, before, decodes, context
};

}  // namespace kvern::measured
