// What a row of logits says about the next token: the loss of the one that came, the best guess,
// and how far the distribution moved from a reference (dense attention).
#pragma once

#include <cstdint>
#include <span>

namespace kvern {

// ln of the sum of e^x; float32 exponentials, their sum in double, in a fixed order.
double log_sum_exp(std::span<const float> logits);
// -ln softmax(logits)[token].
double next_token_loss(std::span<const float> logits, std::int32_t token);
// The token of the highest logit; ties: the lowest.
std::int32_t top_token(std::span<const float> logits);
// Kullback-Leibler divergence of softmax(logits) from softmax(reference), in nats: the sum of
// p_reference * (ln p_reference - ln p). Rounding may leave it at -1e-6 where both are equal.
double divergence(std::span<const float> reference, std::span<const float> logits);

}  // namespace kvern
