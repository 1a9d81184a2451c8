#include "policies/parts/tokens/observation.h"

#include <algorithm>
#include <limits>

#include "policies/parts/tokens/token_budget.h"

namespace kvern::token_eviction {

Observation::Observation(Parameters& p)
    : capacity_(read_size(p, "capacity", "tokens of the prompt kept, the window among them")),
      window_(p.get<std::uint32_t>("window", 32, "last queries of the prompt, and kept", {1, 1e9})),
      kernel_(p.get<std::uint32_t>("kernel", 5, "width of the pooling, odd", {1, 1e6})),
      max_pool_(p.choice("pool", "avg", {"avg", "max"}, "over neighbouring tokens") == "max"),
      fold_(read_fold(p)),
      budget_(read_budget(p, {"capacity"}, false)) {
  if (kernel_ % 2 == 0) p.error("kernel", "kernel must be odd");
  if (!budget_ && capacity_ > 0 && window_ > capacity_) {
    p.error("window", "the window is larger than the capacity");
  }
}

Observation::Sizes Observation::sizes(const TokenBounds& bounds) const {
  if (!budget_) return {capacity_, window_};
  const std::uint32_t whole = budget_tokens(*budget_, bounds);
  return {whole, std::min(32U, whole / 2)};
}

std::string Observation::refusal(const TokenBounds& bounds) const {
  return sizes(bounds).window == 0 ? "a budget of one token has no window" : "";
}

void Observation::pool(std::span<const double> sums, std::span<double> pooled) const {
  const auto count = static_cast<std::int64_t>(sums.size());
  const std::int64_t reach = kernel_ / 2;
  for (std::int64_t j = 0; j < count; ++j) {
    double sum = 0;
    double most = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = std::max<std::int64_t>(0, j - reach); i <= std::min(count - 1, j + reach);
         ++i) {
      sum += sums[static_cast<std::size_t>(i)];
      most = std::max(most, sums[static_cast<std::size_t>(i)]);
    }
    pooled[static_cast<std::size_t>(j)] = max_pool_ ? most : sum / kernel_;
  }
}

void Observation::score(const TokenLayer& layer, AttentionRows& rows, std::uint32_t kv_head,
                        std::vector<double>& scores) const {
  const std::uint32_t prompt = layer.bounds.prompt_tokens;
  const std::uint32_t before = prompt - std::min(prompt, sizes(layer.bounds).window);
  std::vector<double> pooled(std::size_t{before} * layer.group);
  std::vector<double> sums(before);
  for (std::uint32_t g = 0; g < layer.group; ++g) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::uint32_t i = before; i < prompt; ++i) {
      const auto row = rows.mass(kv_head * layer.group + g, i);
      for (std::uint32_t j = 0; j < before; ++j) sums[j] += row[j];
    }
    pool(sums, std::span(pooled).subspan(std::size_t{g} * before, before));
  }
  scores.clear();
  if (before > 0) fold_rows(fold_, pooled, layer.group, scores);
  scores.resize(prompt, std::numeric_limits<double>::infinity());
}

}  // namespace kvern::token_eviction
