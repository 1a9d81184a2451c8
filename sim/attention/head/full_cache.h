// All keys and values of a layer's text, contiguous by KV head, and the rows of full attention over
// them in float32: what the closed loop measures policies against. Rows are taken from the layer's
// vectors when they are first needed, so later ones may still be missing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/interrupt.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

class FullCache final : public AttentionRows {
 public:
  explicit FullCache(const TokenLayer& layer, Interrupt interrupt = {});

  std::span<const double> mass(std::uint32_t query_head, std::uint32_t position) override;
  std::span<const double> logits(std::uint32_t query_head, std::uint32_t position) override;

  // The rows of a KV head's whole group; valid until the next call of any member.
  struct Group {
    const float* weights = nullptr;  // [group][stride]: position + 1 shares
    std::size_t stride = 0;
    const float* outputs = nullptr;  // [group][dim]
  };
  Group attend(std::uint32_t kv_head, std::uint32_t position);

 private:
  void extend(std::uint32_t kv_head, std::uint32_t count);
  std::span<const double> row(std::uint32_t query_head, std::uint32_t position, bool softmax);

  const TokenLayer* layer_;
  Interrupt interrupt_;
  std::size_t stride_;
  float scale_;
  struct Head {
    std::uint32_t count = 0;
    std::vector<float> keys, values;
  };
  std::vector<Head> heads_;
  std::vector<float> weights_, outputs_;
  std::vector<double> row_;
};

// 1 / sqrt(dim), or what the layer says.
float logit_scale(const TokenLayer& layer);

}  // namespace kvern
