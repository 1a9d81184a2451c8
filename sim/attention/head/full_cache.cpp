#include "sim/attention/head/full_cache.h"

#include <algorithm>
#include <cmath>

#include "sim/attention/head/group_attention.h"

namespace kvern {

float logit_scale(const TokenLayer& layer) {
  return layer.scale > 0 ? static_cast<float>(layer.scale)
                         : 1 / std::sqrt(static_cast<float>(layer.vectors.dim));
}

FullCache::FullCache(const TokenLayer& layer, Interrupt interrupt)
    : layer_(&layer),
      interrupt_(interrupt),
      stride_((std::size_t{layer.bounds.tokens} + 7) / 8 * 8),
      scale_(logit_scale(layer)),
      heads_(layer.vectors.kv_heads),
      weights_(layer.group * stride_),
      outputs_(std::size_t{layer.group} * layer.vectors.dim) {}

void FullCache::extend(std::uint32_t kv_head, std::uint32_t count) {
  Head& head = heads_[kv_head];
  for (; head.count < count; ++head.count) {
    const auto key = layer_->vectors.key(kv_head, head.count);
    const auto value = layer_->vectors.value(kv_head, head.count);
    head.keys.insert(head.keys.end(), key.begin(), key.end());
    head.values.insert(head.values.end(), value.begin(), value.end());
  }
}

FullCache::Group FullCache::attend(std::uint32_t kv_head, std::uint32_t position) {
  extend(kv_head, position + 1);
  const Head& head = heads_[kv_head];
  kvern::attend({layer_->vectors.dim, layer_->group,
                 layer_->vectors.query(kv_head * layer_->group, position).data(), head.keys.data(),
                 head.values.data(), std::size_t{position} + 1, scale_, weights_.data(), stride_,
                 outputs_.data()});
  return {weights_.data(), stride_, outputs_.data()};
}

std::span<const double> FullCache::row(std::uint32_t query_head, std::uint32_t position,
                                       bool softmax) {
  interrupt_.check();
  const std::uint32_t kv_head = query_head / layer_->group;
  extend(kv_head, position + 1);
  const Head& head = heads_[kv_head];
  GroupAttention work{layer_->vectors.dim,
                      1,
                      layer_->vectors.query(query_head, position).data(),
                      head.keys.data(),
                      head.values.data(),
                      std::size_t{position} + 1,
                      scale_,
                      weights_.data(),
                      stride_,
                      nullptr};
  attention_logits(work);
  if (softmax) attention_softmax(work);
  row_.assign(weights_.begin(), weights_.begin() + static_cast<std::ptrdiff_t>(work.count));
  return row_;
}

std::span<const double> FullCache::mass(std::uint32_t query_head, std::uint32_t position) {
  return row(query_head, position, true);
}

std::span<const double> FullCache::logits(std::uint32_t query_head, std::uint32_t position) {
  return row(query_head, position, false);
}

}  // namespace kvern
