#include "models/power/state_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/power/clock_grid.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

using power::ClockPoint;

constexpr double kPicojoulesPerWattTick = 1e12 / (1e9 * static_cast<double>(kTicksPerNs));
// Joules per FLOP of 8-bit floats against 16-bit ones: 0.5 to 0.6, from memory.
constexpr double kEightBitShare = 0.55;

// Of all GPUs of the replica, in pJ.
struct Coefficients {
  double context = 0;          // a tick
  double flop[3] = {0, 0, 0};  // by Arithmetic
  double hbm_byte = 0;
  double link_byte = 0;
  double cap = 0;  // a tick
};

std::int64_t nearest(double x) { return static_cast<std::int64_t>(x + (x < 0 ? -0.5 : 0.5)); }

// A line scaled by a factor that is no integer, so that it stays an exact line: all lines of a
// work advance together, so with `turns` = first / slope of one of them, first - turns * slope is
// the same for the batch however far it is advanced. Only this rest and the slope are rounded.
Line scaled(const Line& line, double factor, std::int64_t turns) {
  if (line.slope == 0) return {nearest(factor * static_cast<double>(line.first)), 0};
  const std::int64_t slope = nearest(factor * static_cast<double>(line.slope));
  const auto rest = static_cast<double>(line.first - turns * line.slope);
  return {nearest(factor * rest) + turns * slope, slope};
}

std::int64_t turns_of(const Work& work) {
  for (int k = 0; k < work.count; ++k) {
    const KernelWork& kernel = work.kernels[k];
    for (const Line* line : {&kernel.memory_ticks, &kernel.compute_ticks, &kernel.fixed_ticks}) {
      if (line->slope > 0) return line->first / line->slope;
    }
  }
  return 0;
}

// The longer of two, and for how many steps it stays so. At a tie the steeper one is the longer.
const Line& longer(const Line& a, const Line& b, std::int64_t& steps) {
  const bool a_is_longer = a.first > b.first || (a.first == b.first && a.slope >= b.slope);
  const Line& big = a_is_longer ? a : b;
  const Line& small = a_is_longer ? b : a;
  if (small.slope > big.slope) {
    const std::int64_t lead = big.first - small.first;  // > 0, since the steeper wins a tie
    steps = std::min(steps, (lead - 1) / (small.slope - big.slope) + 1);
  }
  return big;
}

// A step at one clock.
struct Outcome {
  Line device;  // ticks of its kernels
  std::array<Line, kEnergyParts> picojoules{};
  std::int64_t steps = kLongestRun;
  Line excess;  // pJ beyond the cap; > 0: the clock is too high
};

class StatePower final : public Power {
 public:
  StatePower(bool known, const Coefficients& coefficients, std::int64_t idle,
             std::vector<ClockPoint> grid)
      : known_(known), c_(coefficients), idle_(idle), grid_(std::move(grid)) {}

  bool known() const override { return known_; }
  std::int64_t idle_picojoules_per_us() const override { return idle_; }

  void price(const Work& work, Price& price) override {
    const std::int64_t turns = turns_of(work);
    Outcome best = choose(work, turns);
    price.steps = std::min(work.steps, best.steps);
    const Line host = work.host_ticks;
    price.ticks = work.host_overlaps ? longer(best.device, host, price.steps) : best.device + host;
    price.picojoules = best.picojoules;
    Line total = price.ticks;
    if (known_) {
      const Line gap{price.ticks.first - best.device.first, price.ticks.slope - best.device.slope};
      price.picojoules[static_cast<int>(EnergyPart::HostGap)] += scaled(gap, c_.context, turns);
      for (const Line& part : price.picojoules) total += part;
    }
    price.steps = std::min(price.steps, summable_steps(total));
  }

 private:
  // The highest clock within the cap. Power never falls with the clock, so the search may start
  // anywhere: at the last answer, which is usually right.
  Outcome choose(const Work& work, std::int64_t turns) {
    Outcome at = outcome(work, turns, grid_[clock_]);
    if (at.excess.first > 0) {
      while (clock_ + 1 < grid_.size()) {
        const Line above = at.excess;
        at = outcome(work, turns, grid_[++clock_]);
        if (at.excess.first <= 0) return bounded(at, above);
        at.steps = std::min(at.steps, steps_over(above));
      }
      return at;
    }
    while (clock_ > 0) {
      Outcome faster = outcome(work, turns, grid_[clock_ - 1]);
      if (faster.excess.first > 0) return bounded(at, faster.excess);
      at = faster;
      --clock_;
    }
    at.steps = std::min(at.steps, steps_within(at.excess));
    return at;
  }

  // For how many steps this clock fits and the one above does not.
  static Outcome bounded(Outcome at, const Line& above) {
    at.steps = std::min({at.steps, steps_within(at.excess), steps_over(above)});
    return at;
  }
  static std::int64_t steps_within(const Line& excess) {
    return excess.slope > 0 ? -excess.first / excess.slope + 1 : kLongestRun;
  }
  static std::int64_t steps_over(const Line& excess) {
    return excess.slope < 0 ? (excess.first - 1) / -excess.slope + 1 : kLongestRun;
  }

  Outcome outcome(const Work& work, std::int64_t turns, const ClockPoint& clock) const {
    Outcome out;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      const Line compute = clock.slowdown == 1
                               ? kernel.compute_ticks
                               : scaled(kernel.compute_ticks, clock.slowdown, turns);
      const Line ticks = longer(compute, kernel.memory_ticks, out.steps) + kernel.fixed_ticks;
      out.device += ticks;
      if (!known_) continue;
      const double flop = c_.flop[static_cast<int>(kernel.arithmetic)] * clock.dynamic;
      Line& part = out.picojoules[static_cast<int>(kernel.part)];
      part += scaled(ticks, c_.context, turns);
      part += scaled(kernel.flops, flop, turns);
      Line& bytes = out.picojoules[static_cast<int>(kernel.bytes_part)];
      bytes += scaled(kernel.bytes, c_.hbm_byte, turns);
      bytes += scaled(kernel.link_bytes, c_.link_byte, turns);
    }
    if (!known_) return out;
    const Line allowed = scaled(out.device, c_.cap, turns);
    for (const Line& part : out.picojoules) out.excess += part;
    out.excess.first -= allowed.first;
    out.excess.slope -= allowed.slope;
    return out;
  }

  bool known_;
  Coefficients c_;
  std::int64_t idle_;
  std::vector<ClockPoint> grid_;
  std::size_t clock_ = 0;  // of the last answer
};

bool coefficients_known(const Deployment& d) {
  const HardwareSpec* h = d.hardware;
  return h != nullptr && h->context_watts && h->gemm_joules_per_flop &&
         h->attention_joules_per_flop && h->joules_per_hbm_byte &&
         (d.tensor_parallel == 1 || h->joules_per_link_byte);
}

bool has_work(StepCost& cost) {
  Work work;
  cost.work({1, 1, 1, {}}, work);
  return work.has_work;
}

std::string refusal_of(const Deployment& d, bool known, const PowerSettings& settings) {
  if (!settings.cap && !settings.clock) return {};
  if (d.hardware == nullptr) return "power_cap and clock need hardware";
  const HardwareSpec& h = *d.hardware;
  if (!known) {
    return h.name +
           ": its joules with this step cost are unknown, so power_cap and clock have no "
           "known effect";
  }
  if (!h.voltage_knee_share || !h.voltage_floor_share) {
    return h.name + ": its voltage curve is unknown, so power_cap and clock have no known effect";
  }
  if (settings.cap && settings.cap->value > h.power_cap_watts) {
    return fmt::format("power_cap: {} W is above the board's limit of {} W", settings.cap->value,
                       h.power_cap_watts);
  }
  if (settings.cap && settings.cap->value <= h.context_watts->value) {
    return fmt::format("power_cap: {} W is not above the {} W that the board draws idle",
                       settings.cap->value, h.context_watts->value);
  }
  if (settings.clock) {
    const double mhz = settings.clock->value;
    if (mhz < h.lowest_clock_mhz || mhz > h.base_clock_mhz ||
        std::floor(mhz / power::kClockStepMhz) * power::kClockStepMhz != mhz) {
      return fmt::format("clock: {} MHz is not a multiple of {} between {} and {} MHz", mhz,
                         power::kClockStepMhz, h.lowest_clock_mhz, h.base_clock_mhz);
    }
  }
  return {};
}

Coefficients coefficients_of(const Deployment& d, const PowerSettings& settings) {
  const HardwareSpec& h = *d.hardware;
  const double gpus = d.tensor_parallel;
  const double pico = 1e12 * gpus;
  const bool eight_bit = d.weight_bytes_per_value == 1 && h.fp8_flops;
  Coefficients c;
  c.context = h.context_watts->value * kPicojoulesPerWattTick * gpus;
  c.flop[static_cast<int>(Arithmetic::Gemm)] =
      h.gemm_joules_per_flop->value * pico * (eight_bit ? kEightBitShare : 1);
  c.flop[static_cast<int>(Arithmetic::Attention)] = h.attention_joules_per_flop->value * pico;
  c.hbm_byte = h.joules_per_hbm_byte->value * pico;
  c.link_byte = h.joules_per_link_byte ? h.joules_per_link_byte->value * pico : 0;
  const double looseness = h.cap_looseness ? h.cap_looseness->value : 0;
  const double watts = settings.cap ? settings.cap->value : h.power_cap_watts;
  c.cap = watts * (1 + looseness) * kPicojoulesPerWattTick * gpus;
  return c;
}

}  // namespace

std::unique_ptr<Power> make_state_power(const Deployment& deployment, StepCost& cost,
                                        const PowerSettings& settings, std::string& refusal) {
  const bool known = coefficients_known(deployment) && has_work(cost);
  refusal = refusal_of(deployment, known, settings);
  if (!refusal.empty()) return nullptr;
  if (!known) {
    return std::make_unique<StatePower>(false, Coefficients{}, 0, std::vector{ClockPoint{}});
  }
  const HardwareSpec& h = *deployment.hardware;
  const double highest = settings.clock ? settings.clock->value : h.base_clock_mhz;
  const std::int64_t idle = nearest(h.context_watts->value * 1e6 * deployment.tensor_parallel);
  return std::make_unique<StatePower>(true, coefficients_of(deployment, settings), idle,
                                      power::clock_grid(h, highest));
}

}  // namespace kvern
