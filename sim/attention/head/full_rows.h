// Rows of full attention on demand, kept in memory as long as they fit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/attention/head/attention_form.h"
#include "sim/attention/head/logit_kernel.h"
#include "sim/base/interrupt.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

class FullRows final : public AttentionRows {
 public:
  FullRows(const TokenLayer& layer, const LogitKernel& kernel, AttentionForm form,
           Interrupt interrupt = {});
  std::span<const double> mass(std::uint32_t query_head, std::uint32_t position) override;
  std::span<const double> logits(std::uint32_t query_head, std::uint32_t position) override;

 private:
  void compute(std::uint32_t query_head, std::uint32_t position, std::span<double> into);

  const TokenLayer* layer_;
  const LogitKernel* kernel_;
  AttentionForm form_;
  Interrupt interrupt_;
  bool remember_ = false;
  std::vector<std::vector<double>> rows_;  // by query head: row i begins at i (i + 1) / 2
  std::vector<std::vector<bool>> known_;
  std::vector<double> logits_, mass_;
  UnitRow unit_;
};

}  // namespace kvern
