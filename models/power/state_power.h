// Watts and joules of a replica's GPUs, and the clock its steps run at.
//
// While busy a GPU draws P_ctx + phi(f) * a * FLOP/s + b * HBM bytes/s + c * link bytes/s, with a
// by kind of arithmetic and phi(f) = (V(f) / V0)^2; between steps P_ctx. Of b the share on the
// core's rail falls with phi, of P_ctx the share of the clocks with f phi, where the hardware file
// knows them. A step runs at the highest
// clock (15 MHz grid) at which its kernels' mean power stays within cap * (1 + looseness);
// arithmetic then lasts f0 / f times longer, bytes and fixed times do not. Where no clock holds the
// cap, the step runs at the lowest, its joules are what it draws there, and note() says so. A cap
// that is asked for and that not even one decoding sequence holds is refused before the run.
// Not modelled: the memory's rate depends on the clock; the board heats up as it works.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/base/units.h"
#include "sim/ports/power.h"

namespace kvern {

struct PowerSettings {
  std::optional<Watts> cap;        // absent: the board's limit
  std::optional<Megahertz> clock;  // locked; absent: free up to the base clock
  std::optional<double> celsius;   // of the board; absent: as it was measured
  bool drawn = false;              // coefficients of a band's draw: a cap may be beyond some
};

// Null, with the reason in `refusal`, where a cap or clock is asked for that this board does not
// have, can't hold or whose effect is unknown (no coefficients, or a `cost` without work). Without
// settings there is always a model; its known() is false where joules can't be told. `cost` is
// prepared.
std::unique_ptr<Power> make_state_power(const Deployment& deployment, StepCost& cost,
                                        const PowerSettings& settings, std::string& refusal);

}  // namespace kvern
