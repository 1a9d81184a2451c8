#include "sim/attention/head/logit_kernel.h"

#include <cmath>

namespace kvern {

LogitKernel::LogitKernel(const TokenLayer& layer) : layer_(&layer), by_(layer.scale) {
  const std::size_t dim = layer.vectors.dim;
  root_ = std::sqrt(static_cast<double>(dim));
  blocks_.resize(layer.vectors.kv_heads);
  const std::size_t count = (layer.bounds.tokens + kLanes - 1) / kLanes;
  for (std::uint32_t head = 0; head < layer.vectors.kv_heads; ++head) {
    blocks_[head].assign(count * dim * kLanes, 0.0);
    for (std::uint32_t j = 0; j < layer.bounds.tokens; ++j) {
      const auto key = layer.vectors.key(head, j);
      double* block = blocks_[head].data() + (j / kLanes) * dim * kLanes + j % kLanes;
      for (std::size_t d = 0; d < dim; ++d) block[d * kLanes] = key[d];
    }
  }
  if (layer.rope_theta > 0) {
    rotary_.emplace(layer.rope_theta, layer.vectors.dim, layer.bounds.tokens);
  }
}

void LogitKernel::row(std::uint32_t query_head, std::uint32_t position,
                      std::vector<double>& logits) const {
  const std::size_t dim = layer_->vectors.dim;
  const auto query = layer_->vectors.query(query_head, position);
  const double* block = blocks_[query_head / layer_->group].data();
  const std::size_t count = position + std::size_t{1};
  logits.resize((count + kLanes - 1) / kLanes * kLanes);
  for (std::size_t first = 0; first < count; first += kLanes, block += dim * kLanes) {
    double sums[kLanes] = {};
    for (std::size_t d = 0; d < dim; ++d) {
      const double q = query[d];
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += q * block[d * kLanes + lane];
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) logits[first + lane] = scaled(sums[lane]);
  }
  logits.resize(count);
}

void LogitKernel::kept_row(std::uint32_t query_head, std::uint32_t position,
                           std::span<const std::uint32_t> kept, const TokenVectors& keys,
                           bool reindex, std::vector<double>& logits) {
  const auto query = layer_->vectors.query(query_head, position);
  const std::uint32_t kv_head = query_head / layer_->group;
  turned_.assign(query.begin(), query.end());
  logits.resize(kept.size());
  // A key that has moved `key_move` positions towards the start, and a query that has moved
  // `query_move`, are as far apart as if the query alone had moved by the difference.
  const auto query_move = position - static_cast<std::uint32_t>(kept.size() - 1);
  std::uint32_t turned_by = 0;
  for (std::size_t slot = 0; slot < kept.size(); ++slot) {
    const std::uint32_t key_move = kept[slot] - static_cast<std::uint32_t>(slot);
    const std::uint32_t by = reindex ? query_move - key_move : 0;
    if (by != turned_by) {
      turned_.assign(query.begin(), query.end());
      rotary_->turn(turned_, -std::int64_t{by});
      turned_by = by;
    }
    const auto key = keys.key(kv_head, kept[slot]);
    double sum = 0;
    for (std::size_t d = 0; d < key.size(); ++d) sum += turned_[d] * key[d];
    logits[slot] = scaled(sum);
  }
}

}  // namespace kvern
