#include "models/measured/attention_prices.h"

#include <algorithm>
#include <cmath>

#include "sim/base/time.h"

namespace kvern::measured {
namespace {

// Contexts for fits without knots of their own, whose lines need few.
constexpr std::int64_t kLongestContext = 131072;

// Each interval once more, halved along the logarithm.
std::vector<double> refined(const std::vector<double>& knots) {
  std::vector<double> fine;
  for (std::size_t i = 0; i < knots.size(); ++i) {
    if (i > 0) {
      const double middle = std::floor(std::sqrt((knots[i - 1] + 1) * (knots[i] + 1)) - 1);
      if (middle > knots[i - 1] + 1 && middle < knots[i] - 1) fine.push_back(middle);
    }
    fine.push_back(knots[i]);
  }
  return fine;
}

std::vector<double> axis_of(const AttentionModel& model, std::size_t axis) {
  if (model.log_ratio.empty()) return {0};
  return refined(model.log_ratio.axes()[axis].knots);
}

}  // namespace

AttentionPrices::AttentionPrices(const AttentionChoice& choice, const Deployment& deployment)
    : choice_(choice) {
  const LlmSpec& model = *deployment.model;
  layers_ = model.layers;
  heads_ = static_cast<double>(model.heads) / deployment.tensor_parallel;
  kv_heads_ = std::max(1.0, static_cast<double>(model.kv_heads) / deployment.tensor_parallel);
  ranks_ = deployment.data_parallel;
  window_ = model.window > 0;
  contexts_ = {0};
  std::vector<double> knots{1, 1024, static_cast<double>(kLongestContext)};
  if (!choice.decode->log_ratio.empty()) knots = axis_of(*choice.decode, 1);
  for (const double knot : knots) {
    const auto context = static_cast<std::int64_t>(knot);
    if (context > contexts_.back() && (!window_ || context < model.window)) {
      contexts_.push_back(context);
    }
  }
  if (window_) contexts_.push_back(model.window);  // beyond, nothing more is read
  rows_.resize(deployment.max_sequences + std::size_t{1});
  segments_.resize(rows_.size() * contexts_.size());
  const auto load_of = [this](double query, double chunks, double before) {
    AttentionLoad load;
    load.heads = heads_;
    load.kv_heads = kv_heads_;
    load.chunks = chunks;
    load.query = query * chunks;
    load.keys = (query + before) * chunks;
    load.pairs = chunks * (query * before + query * (query + 1) / 2);
    return load;
  };
  const AttentionModel& prefill = *choice_.prefill;
  prefill_cells_ =
      CellGrid({axis_of(prefill, 0), axis_of(prefill, 1), axis_of(prefill, 2)},
               [&](const CellGrid::Point& x) { return prefill.ratio(load_of(x[0], x[1], x[2])); });
  if (choice_.mixed == nullptr) return;
  const AttentionModel& mixed = *choice_.mixed;
  std::vector<double> contexts(contexts_.begin(), contexts_.end());
  mixed_cells_ =
      CellGrid({axis_of(mixed, 0), axis_of(mixed, 1), axis_of(mixed, 2), std::move(contexts)},
               [&](const CellGrid::Point& x) {
                 AttentionLoad load = load_of(x[0], 1, x[1]);
                 load.decodes = x[2];
                 load.kv_tokens = x[2] * x[3];
                 return mixed.ratio(load);
               });
  mixed_skew_.assign(rows_.size(), -1);
}

std::int64_t AttentionPrices::ticks(double us) const { return ticks_of(us * layers_ * 1e-6); }

// Decodes of the fullest data-parallel rank.
// Where contexts draw level with the longest one a step may take less than the one before: no line
// that a run of steps can follow.
static Line never_falling(Line line, std::int64_t& steps) {
  if (line.slope >= 0) return line;
  steps = 1;
  return {line.first, 0};
}

double AttentionPrices::ranked(std::int64_t count) const {
  return std::ceil(static_cast<double>(count) / ranks_);
}

std::int64_t AttentionPrices::skew_ticks(const AttentionModel& model, std::int64_t count) const {
  if (model.skew_us.empty() || window_ || count == 0) return 0;
  const double us = model.skew_us.at({ranked(count), heads_, kv_heads_});
  return ticks(us / static_cast<double>(count));
}

void AttentionPrices::make_row(std::int64_t count) {
  const auto row = static_cast<std::size_t>(count);
  const std::size_t first = row * contexts_.size();
  AttentionLoad load;
  load.heads = heads_;
  load.kv_heads = kv_heads_;
  load.decodes = ranked(count);
  std::int64_t before = 0;
  for (std::size_t j = 0; j < contexts_.size(); ++j) {
    load.kv_tokens = load.decodes * static_cast<double>(std::max<std::int64_t>(1, contexts_[j]));
    // More to read never takes less.
    const std::int64_t here = std::max(before, ticks(choice_.decode->us(load)));
    segments_[first + j].ticks = here;
    if (j > 0) {
      const std::int64_t tokens = count * (contexts_[j] - contexts_[j - 1]);
      segments_[first + j - 1].slope = (here - before) / tokens;
    }
    before = here;
  }
  const std::size_t last = first + contexts_.size() - 1;
  segments_[last].slope = window_ ? 0 : segments_[last - 1].slope;
  rows_[row] = {skew_ticks(*choice_.decode, count), true};
}

std::size_t AttentionPrices::segment_of(std::int64_t count, std::int64_t kv_tokens) const {
  std::size_t j = 0;
  while (j + 1 < contexts_.size() && kv_tokens >= count * contexts_[j + 1]) ++j;
  return j;
}

std::int64_t AttentionPrices::steps_in(const Decodes& d, std::size_t segment) const {
  if (segment + 1 >= contexts_.size() || d.growing == 0) return kLongestRun;
  return (d.count * contexts_[segment + 1] - d.kv_tokens - 1) / d.growing + 1;
}

Line AttentionPrices::decode(const Decodes& d, std::int64_t& steps) {
  const auto row = static_cast<std::size_t>(d.count);
  if (row >= rows_.size()) {  // more than the deployment was prepared for
    rows_.resize(row + 1);
    segments_.resize(rows_.size() * contexts_.size());
  }
  if (!rows_[row].made) make_row(d.count);
  const std::size_t j = segment_of(d.count, d.kv_tokens);
  const Segment& segment = segments_[row * contexts_.size() + j];
  steps = std::min(steps, steps_in(d, j));
  const std::int64_t beyond = d.kv_tokens - d.count * contexts_[j];
  const std::int64_t skew = rows_[row].skew;
  return never_falling({segment.ticks + segment.slope * beyond + skew * d.beyond_mean(),
                        segment.slope * d.growing + skew * d.beyond_mean_growth()},
                       steps);
}

double AttentionPrices::ratio(const AttentionModel& model, const CellGrid& cells,
                              const AttentionLoad& load) const {
  const Point at = attention_point(model.kind, load);
  return cells.at({at[0], at[1], at[2], at[3]});
}

std::int64_t AttentionPrices::prefill(const AttentionLoad& load) const {
  const AttentionModel& model = *choice_.prefill;
  return ticks(model.base_us(load) * ratio(model, prefill_cells_, load));
}

Line AttentionPrices::beside_prefill(const AttentionLoad& chunks, const Decodes& d,
                                     std::int64_t prefill, std::int64_t& steps) {
  if (choice_.mixed == nullptr) return decode(d, steps);
  const AttentionModel& model = *choice_.mixed;
  const std::size_t j = std::min(segment_of(d.count, d.kv_tokens), contexts_.size() - 2);
  AttentionLoad load = chunks;
  load.decodes = ranked(d.count);
  const auto at_knot = [&](std::size_t knot) {
    load.kv_tokens = load.decodes * static_cast<double>(contexts_[knot]);
    return ticks(model.base_us(load) * ratio(model, mixed_cells_, load));
  };
  const std::int64_t low = std::max(prefill, at_knot(j));
  const std::int64_t high = std::max(low, at_knot(j + 1));
  const std::int64_t from = d.count * contexts_[j];
  std::int64_t slope = (high - low) / (d.count * (contexts_[j + 1] - contexts_[j]));
  std::int64_t beyond = d.kv_tokens - from;
  const bool full = window_ && d.kv_tokens >= d.count * contexts_.back();
  if (full) {
    beyond = d.count * contexts_.back() - from;
  } else if (window_ || j + 2 < contexts_.size() || d.kv_tokens < d.count * contexts_.back()) {
    steps = std::min(steps, steps_in(d, j));
  }
  const auto row = static_cast<std::size_t>(d.count);
  if (row >= mixed_skew_.size()) mixed_skew_.resize(row + 1, -1);
  if (mixed_skew_[row] < 0) mixed_skew_[row] = skew_ticks(model, d.count);
  const std::int64_t skew = mixed_skew_[row];
  return never_falling({low - prefill + slope * beyond + skew * d.beyond_mean(),
                        (full ? 0 : slope * d.growing) + skew * d.beyond_mean_growth()},
                       steps);
}

bool AttentionPrices::covers(const AttentionLoad& load) const {
  const AttentionModel* model = load.query == 0     ? choice_.decode
                                : load.decodes == 0 ? choice_.prefill
                                                    : choice_.mixed;
  if (model == nullptr || model->log_ratio.empty()) return true;
  const Point at = attention_point(model->kind, load);
  const std::vector<Axis>& axes = model->log_ratio.axes();
  for (std::size_t a = 0; a + 2 < axes.size(); ++a) {  // the last two are the heads
    if (at[a] > axes[a].knots.back()) return false;
  }
  return true;
}

}  // namespace kvern::measured
