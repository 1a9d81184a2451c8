#include "models/measured/exchange_prices.h"

#include <algorithm>
#include <string>

#include "models/measured/layer_prices.h"
#include "models/roofline/collectives.h"

namespace kvern::measured {
namespace {

// The fastest implementation that was measured; kernels that could not be captured in a graph are
// no slower on the device, so both count.
double measured_us(const CostTable* table, const char* op, double gpus, double bytes) {
  double best = 0;
  if (table == nullptr) return best;
  for (const CollectiveCurve& curve : table->collectives) {
    if (curve.op != op || curve.gpus != gpus) continue;
    const double us = size_curve(curve.log_us, bytes);
    if (best == 0 || us < best) best = us;
  }
  return best;
}

double all_reduce_us(const CostTable* table, const Deployment& d, double bytes) {
  const double us = measured_us(table, "all_reduce", d.tensor_parallel, bytes);
  if (us > 0) return us;
  return roofline::all_reduce_seconds(*d.hardware, d.tensor_parallel, bytes) * 1e6;
}

double all_to_all_us(const CostTable* table, const Deployment& d, double bytes) {
  const double us = measured_us(table, "all_to_all", d.expert_parallel, bytes);
  if (us > 0) return us;
  return roofline::all_to_all_seconds(*d.hardware, d.expert_parallel, bytes) * 1e6;
}

}  // namespace

ExchangePrice layers_exchange(const CostTable* table, const Deployment& d, double rows) {
  const LlmSpec& model = *d.model;
  ExchangePrice price;
  const double message = rows * model.hidden * kValueBytes;
  if (d.tensor_parallel > 1) {
    const double gpus = d.tensor_parallel;
    // Experts that are spread whole replace the second reduction of a layer.
    const double reductions = (d.expert_parallel > 1 ? 1.0 : 2.0) * model.layers + 1;
    price.us += reductions * all_reduce_us(table, d, message);
    price.bytes += reductions * 2 * (gpus - 1) / gpus * message;
  }
  if (d.expert_parallel > 1) {
    const double ranks = d.expert_parallel;
    // There and back; a GPU of a tensor-parallel group sends its slice of the rows.
    const double sent = message * model.experts_per_token / d.tensor_parallel;
    price.us += 2.0 * model.layers * all_to_all_us(table, d, sent);
    price.bytes += 2.0 * model.layers * (ranks - 1) / ranks * sent;
  }
  return price;
}

ExchangePrice logits_exchange(const CostTable* table, const Deployment& d, double samples) {
  ExchangePrice price;
  if (d.tensor_parallel == 1 || samples == 0) return price;
  const double gpus = d.tensor_parallel;
  const double bytes = samples * d.model->vocabulary * kValueBytes;
  price.us = measured_us(table, "all_gather", gpus, bytes);
  if (price.us == 0) price.us = roofline::all_gather_seconds(*d.hardware, gpus, bytes) * 1e6;
  price.bytes = (gpus - 1) / gpus * bytes;
  return price;
}

}  // namespace kvern::measured
