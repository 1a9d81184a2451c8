// Collectives of a forward pass: by the curves of a cost table where it has them for so many GPUs,
// else from the links in the hardware's file.
#pragma once

#include "models/measured/cost_table.h"
#include "sim/ports/step_cost.h"

namespace kvern::measured {

struct ExchangePrice {
  double us = 0;
  double bytes = 0;  // that one GPU sends
};

// Two all-reduces a layer and one for the embedding (tensor parallelism), of `rows` of one rank;
// with experts spread over the GPUs, two all-to-alls a layer of every rank's chosen tokens.
ExchangePrice layers_exchange(const CostTable* table, const Deployment& deployment, double rows);
// The logits of the sequences that sample.
ExchangePrice logits_exchange(const CostTable* table, const Deployment& deployment, double samples);

}  // namespace kvern::measured
