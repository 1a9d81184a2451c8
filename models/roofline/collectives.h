// What GPUs of a replica exchange inside a step, from the links of the hardware's file.
#pragma once

#include <string>

#include "sim/hardware.h"
#include "sim/ports/step_cost.h"

namespace kvern::roofline {

// Why these GPUs can't share the model, or "".
std::string sharing_refusal(const Deployment& deployment);

// Seconds to sum a message of `bytes` over `gpus`: the fastest of a ring (2 (k-1) hops, each with
// 1/k of the bytes), a tree (2 log2 k hops with all of them) and one-shot (everyone reads all).
// A hop's latency is a sixth of the measured all-reduce of 512 B over 4 GPUs, which is a ring of 6
// hops; one-shot has half of that measured time, as vLLM's own kernel has.
double all_reduce_seconds(const HardwareSpec& hardware, double gpus, double bytes);
// Each GPU ends with all `bytes`, of which it had 1/k.
double all_gather_seconds(const HardwareSpec& hardware, double gpus, double bytes);
// Each GPU sends (k-1)/k of its `bytes` to the others.
double all_to_all_seconds(const HardwareSpec& hardware, double gpus, double bytes);

}  // namespace kvern::roofline
