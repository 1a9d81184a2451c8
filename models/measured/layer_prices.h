// What the kernels of a forward pass take on one GPU of a deployment, attention kernels apart, by
// the measurements in a cost table. All layers together; what was never measured by itself
// (a norm of queries, say) takes its bytes at the shares of the peaks in the hardware's file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/measured/cost_table.h"
#include "sim/ports/step_cost.h"

namespace kvern::measured {

inline constexpr double kValueBytes = 2;  // of activations and logits

// A group of matrix products, or of streaming kernels (whose arithmetic is 0).
struct GroupPrice {
  double us = 0;          // measured, launches and latencies included
  double compute_us = 0;  // of that, arithmetic at base clock: below it the group slows down
  double flops = 0;       // executed, rows padded to the tile
  double bytes = 0;
  double weight_bytes = 0;  // of these, read whoever runs

  GroupPrice& operator+=(const GroupPrice& other);
};

class LayerPrices {
 public:
  // Both must outlive this. `deployment` names hardware and model.
  LayerPrices(const CostTable& table, const Deployment& deployment);
  // Why the table can't price this deployment, or "".
  std::string refusal() const;
  // Kernels without measurements of their own: "qk_norm, rope".
  std::string unmeasured() const;

  GroupPrice projections(double rows) const;               // q, k, v, o
  GroupPrice mlp(double rows, double experts_rows) const;  // `experts_rows`: of all data ranks
  GroupPrice elementwise(double rows) const;               // norms, rotary, activation; embedding
  GroupPrice kv_write(double rows) const;
  GroupPrice head(double samples) const;
  GroupPrice sampling(double samples) const;
  bool covers_rows(double rows) const;  // false: outside the measured rows of matrix products

 private:
  GroupPrice gemm(double m, double n, double k, double groups = 1) const;
  GroupPrice experts(double tokens, double n, double k) const;
  GroupPrice streamed(const char* op, double tokens, double width, double values) const;
  const ElementwiseCurve* curve(const std::string& op) const;

  const CostTable* table_;
  const Deployment* deployment_;
  const HardwareSpec* hardware_;
  const LlmSpec* model_;
  const GemmModel* gemm_ = nullptr;
  const ExpertsModel* experts_ = nullptr;  // null: products one by one
  double clock_share_ = 1;
  double query_ = 0, kv_ = 0, inner_ = 0, layers_ = 0;
};

}  // namespace kvern::measured
