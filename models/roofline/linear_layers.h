// The matrix products of one forward pass, by the number of tokens that pass through them: a table,
// since a price is asked once a change of the batch.
#pragma once

#include <cstdint>
#include <vector>

#include "models/roofline/gemm.h"

namespace kvern::roofline {

// Of all layers together, on one GPU; without the kernels' fixed times.
struct GroupCost {
  std::int64_t compute_ticks = 0;  // at base clock
  std::int64_t memory_ticks = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;
  std::int64_t weight_bytes = 0;  // of bytes
};

struct LayerCost {
  GroupCost projections;  // q, k, v, o
  GroupCost mlp;          // gate, up, down; of experts, those that a token reaches
};

class LinearLayers {
 public:
  // `deployment` names hardware and model; both must live as long as this. Tables go up to
  // `max_tokens` and `max_samples`.
  LinearLayers() = default;
  LinearLayers(const Deployment& deployment, std::uint32_t max_tokens, std::uint32_t max_samples);

  LayerCost layers(std::uint64_t tokens) const {
    return tokens < layers_.size() ? layers_[tokens] : compute_layers(tokens);
  }
  // LM head on the sequences that sample.
  GroupCost head(std::uint64_t sequences) const {
    return sequences < head_.size() ? head_[sequences] : compute_head(sequences);
  }

 private:
  LayerCost compute_layers(std::uint64_t tokens) const;
  GroupCost compute_head(std::uint64_t sequences) const;
  GemmCost experts(double tokens, double n, double k) const;

  Deployment deployment_;
  std::vector<LayerCost> layers_;
  std::vector<GroupCost> head_;
};

// Distinct experts that `tokens` tokens reach when each takes `chosen` of `experts` at random.
double experts_reached(double experts, double chosen, std::uint64_t tokens);

}  // namespace kvern::roofline
