#include "sim/attention/head/running_state.h"

#include "sim/attention/head/attention_form.h"

namespace kvern {

void RunningState::advance(const TokenVectors& vectors, std::uint32_t kv_head,
                           std::uint32_t position) {
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

void RunningState::read(std::span<const float> query, std::vector<double>& output) const {
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

TokenWork RunningState::work(std::uint32_t dim, std::uint32_t group, double bytes) {
  const std::uint64_t numbers = std::uint64_t{dim} * (dim + 1);
  const auto moved = static_cast<std::uint64_t>(static_cast<double>(numbers) * bytes);
  return {2 * numbers * (group + 1) + std::uint64_t{dim} * group, moved, moved};
}

}  // namespace kvern
