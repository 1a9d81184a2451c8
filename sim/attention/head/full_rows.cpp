#include "sim/attention/head/full_rows.h"

namespace kvern {

FullRows::FullRows(const TokenLayer& layer, const LogitKernel& kernel, AttentionForm form,
                   Interrupt interrupt)
    : layer_(&layer), kernel_(&kernel), form_(form), interrupt_(interrupt) {
  constexpr std::uint64_t kMostNumbers = 48'000'000;  // 384 MB
  const std::uint64_t tokens = layer.bounds.tokens;
  remember_ = tokens * (tokens + 1) / 2 * layer.vectors.heads <= kMostNumbers;
  rows_.resize(layer.vectors.heads);
  known_.resize(layer.vectors.heads);
}

std::span<const double> FullRows::logits(std::uint32_t query_head, std::uint32_t position) {
  interrupt_.check();
  kernel_->row(query_head, position, logits_);
  return logits_;
}

void FullRows::compute(std::uint32_t query_head, std::uint32_t position, std::span<double> into) {
  if (form_ == AttentionForm::Linear) {
    const auto query = layer_->vectors.query(query_head, position);
    unit_.unit.resize(into.size());
    for (std::uint32_t j = 0; j <= position; ++j) {
      unit_.unit[j] = linear_unit(query, layer_->vectors.key(query_head / layer_->group, j));
    }
  } else {
    unit_values(form_, logits(query_head, position), unit_);
  }
  double total = 0;
  for (const double unit : unit_.unit) total += unit;
  for (std::size_t j = 0; j < into.size(); ++j) into[j] = total > 0 ? unit_.unit[j] / total : 0;
}

std::span<const double> FullRows::mass(std::uint32_t query_head, std::uint32_t position) {
  const std::size_t count = position + std::size_t{1};
  if (!remember_) {
    mass_.resize(count);
    compute(query_head, position, mass_);
    return mass_;
  }
  std::vector<double>& rows = rows_[query_head];
  std::vector<bool>& known = known_[query_head];
  const std::size_t first = std::size_t{position} * count / 2;
  if (rows.size() < first + count) rows.resize(first + count);
  if (known.size() < count) known.resize(count);
  const std::span<double> row(rows.data() + first, count);
  if (!known[position]) {
    compute(query_head, position, row);
    known[position] = true;
  }
  return row;
}

}  // namespace kvern
