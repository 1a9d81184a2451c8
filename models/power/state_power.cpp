#include "models/power/state_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "models/power/clock_grid.h"
#include "models/power/coefficients.h"
#include "models/power/idle_states.h"
#include "models/power/line_rest.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

using power::ClockPoint;
using power::Coefficients;
using power::longer;
using power::nearest;
using power::Rest;
using power::turns_of;

// What the kernels of a work draw apart from the time they take; arithmetic at the base clock.
struct Draw {
  std::array<Rest, Work::kMost> arithmetic;
  std::array<Rest, Work::kMost> bytes;
  std::array<Rest, Work::kMost> links;
  Rest all_arithmetic;
  Rest all_bytes;
  Rest all_links;
};

// The time of a step at one clock.
struct Timing {
  std::array<Line, Work::kMost> kernels;
  Line device;  // all of them
  std::int64_t steps = kLongestRun;
};

class StatePower final : public Power {
 public:
  StatePower(bool known, const Coefficients& coefficients, std::int64_t idle,
             std::vector<ClockPoint> grid)
      : known_(known), c_(coefficients), idle_(idle), grid_(std::move(grid)) {}

  std::string note() const override {
    if (most_ == 0) return {};
    return fmt::format(
        "the limit of {:.0f} W is not held: steps draw up to {:.0f} W a GPU{}, and their joules "
        "are counted so",
        c_.cap_watts, most_ / c_.watt,
        grid_.size() > 1 ? " at its lowest clock" : ", and what a lower clock does is not known");
  }

  bool known() const override { return known_; }
  std::int64_t idle_picojoules_per_us() const override { return idle_; }

  void price(const Work& work, Price& price) override {
    const std::int64_t turns = turns_of(work);
    price.picojoules = {};
    price.kv = {};
    if (known_) {
      set_draw(work, turns);
      choose(work, turns);
      finish(work, price);
      charge(work, turns, price);
    } else {
      set_timing(work, turns, grid_[0], timing_);
      finish(work, price);
      price.steps = std::min(price.steps, summable_steps(price.ticks));
    }
  }

  void divide(const Work& work, bool standby, Division& division) override {
    division = {};
    if (!known_) return;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      if (kernel.owners == Owners::Decodes) continue;  // the price's KvShare
      const double arithmetic = grid_[clock_].dynamic *
                                c_.flop[static_cast<int>(kernel.arithmetic)] *
                                static_cast<double>(kernel.flops.first);
      const double bytes = grid_[clock_].hbm * c_.hbm_byte *
                               static_cast<double>(kernel.bytes.first - kernel.weight_bytes) +
                           c_.link_byte * static_cast<double>(kernel.link_bytes.first);
      const double waiting = standby ? context() * extra_ticks(kernel, timing_.kernels[k]) : 0;
      Caused& own = division[static_cast<int>(kernel.part)];
      Caused& of_bytes = division[static_cast<int>(kernel.bytes_part)];
      if (kernel.owners == Owners::Chunks) {
        own.pairs += nearest(arithmetic + waiting);
        of_bytes.reads += nearest(bytes);
      } else if (kernel.owners == Owners::Samples) {
        own.samples += nearest(arithmetic + waiting);
        of_bytes.samples += nearest(bytes);
      } else {
        own.tokens += nearest(arithmetic + waiting);
        of_bytes.tokens += nearest(bytes);
      }
    }
  }

 private:
  double context() const { return grid_[clock_].context * c_.context; }

  // Of a kernel's time, what lies beyond the launch and the reading of the weights.
  static double extra_ticks(const KernelWork& kernel, const Line& time) {
    const auto busy = static_cast<double>(time.first - kernel.fixed_ticks.first);
    if (kernel.weight_bytes == 0) return busy;
    const double weights = static_cast<double>(kernel.memory_ticks.first) *
                           static_cast<double>(kernel.weight_bytes) /
                           static_cast<double>(kernel.bytes.first);
    return std::max(0.0, busy - weights);
  }

  // A decode's own: what one more KV token adds, from the lines' slopes (a token for each growing
  // decode); where none grows, from what all tokens take.
  void set_kv_share(const Work& work, Price& price) const {
    if (work.kv_tokens == 0) return;
    const bool grows = work.growing > 0;
    double arithmetic = 0;
    double bytes = 0;
    std::int64_t busy = 0;  // ticks of these kernels beyond their launch
    bool waits = work.host_overlaps && work.host_ticks.first >= timing_.device.first;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      waits = waits || (kernel.part == EnergyPart::HostGap && kernel.fixed_ticks.first > 0);
      if (kernel.owners != Owners::Decodes) continue;
      const std::int64_t flops = grows ? kernel.flops.slope : kernel.flops.first;
      arithmetic += c_.flop[static_cast<int>(kernel.arithmetic)] * static_cast<double>(flops);
      bytes += c_.hbm_byte * static_cast<double>(grows ? kernel.bytes.slope : kernel.bytes.first);
      busy += timing_.kernels[k].first - kernel.fixed_ticks.first;
    }
    const double tokens = grows ? work.growing : static_cast<double>(work.kv_tokens);
    price.kv.arithmetic = nearest(grid_[clock_].dynamic * arithmetic / tokens);
    price.kv.bytes = nearest(grid_[clock_].hbm * bytes / tokens);
    // A token that the host's time hides adds none.
    const std::int64_t added = waits ? 0 : busy;
    const auto time =
        static_cast<double>(grows ? std::max<std::int64_t>(0, price.ticks.slope) : added);
    price.kv.standby = nearest(context() * time / tokens);
  }

  void set_draw(const Work& work, std::int64_t turns) {
    draw_.all_arithmetic = draw_.all_bytes = draw_.all_links = {};
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      draw_.arithmetic[k] =
          c_.flop[static_cast<int>(kernel.arithmetic)] * Rest::of(kernel.flops, turns);
      draw_.bytes[k] = c_.hbm_byte * Rest::of(kernel.bytes, turns);
      draw_.links[k] = c_.link_byte * Rest::of(kernel.link_bytes, turns);
      draw_.all_arithmetic += draw_.arithmetic[k];
      draw_.all_bytes += draw_.bytes[k];
      draw_.all_links += draw_.links[k];
    }
  }

  static void set_timing(const Work& work, std::int64_t turns, const ClockPoint& clock,
                         Timing& timing) {
    timing.device = {};
    timing.steps = kLongestRun;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      Line compute = kernel.compute_ticks;
      if (clock.slowdown != 1 && compute != Line{})
        compute = (clock.slowdown * Rest::of(compute, turns)).line(turns);
      timing.kernels[k] = longer(compute, kernel.memory_ticks, timing.steps) + kernel.fixed_ticks;
      timing.device += timing.kernels[k];
    }
  }

  // pJ beyond the cap; above 0 the clock is too high.
  Line excess(const Timing& timing, const ClockPoint& clock, std::int64_t turns) const {
    Rest sum = (clock.context * c_.context - c_.cap) * Rest::of(timing.device, turns);
    sum += clock.dynamic * draw_.all_arithmetic;
    sum += clock.hbm * draw_.all_bytes;
    sum += draw_.all_links;
    return sum.line(turns);
  }

  // Sets `timing_` at the highest clock within the cap. Power never falls with the clock, so the
  // search may start anywhere: at the last answer for a step as far beyond the cap as this one.
  void choose(const Work& work, std::int64_t turns) {
    clock_ = 0;
    set_timing(work, turns, grid_[0], timing_);
    const Line over = excess(timing_, grid_[0], turns);
    if (over.first <= 0) {
      timing_.steps = std::min(timing_.steps, steps_within(over));
      return;
    }
    if (grid_.size() == 1) return remember(over);
    const double allowed = c_.cap * static_cast<double>(timing_.device.first);
    const double share = std::min(1.0, static_cast<double>(over.first) / allowed);
    std::uint8_t& hint = hints_[static_cast<std::size_t>(share * (kHints - 1))];
    clock_ = hint;
    set_timing(work, turns, grid_[clock_], timing_);
    const Line here = excess(timing_, grid_[clock_], turns);
    if (here.first > 0) {
      slow_down(work, turns, here);
    } else {
      speed_up(work, turns, here);
    }
    hint = static_cast<std::uint8_t>(clock_);
  }

  void slow_down(const Work& work, std::int64_t turns, Line over) {
    while (over.first > 0 && clock_ + 1 < grid_.size()) {
      const Line above = over;
      set_timing(work, turns, grid_[++clock_], timing_);
      over = excess(timing_, grid_[clock_], turns);
      timing_.steps = std::min(timing_.steps, steps_over(above));
    }
    if (over.first <= 0) timing_.steps = std::min(timing_.steps, steps_within(over));
    if (over.first > 0) remember(over);
  }

  // No clock holds the limit: the step draws so much.
  void remember(const Line& over) {
    const double draws =
        c_.cap + static_cast<double>(over.first) / static_cast<double>(timing_.device.first);
    most_ = std::max(most_, draws);
  }

  void speed_up(const Work& work, std::int64_t turns, Line over) {
    while (clock_ > 0) {
      set_timing(work, turns, grid_[clock_ - 1], faster_);
      const Line above = excess(faster_, grid_[clock_ - 1], turns);
      if (above.first > 0) {
        timing_.steps = std::min(timing_.steps, steps_over(above));
        break;
      }
      std::swap(timing_, faster_);
      over = above;
      --clock_;
    }
    timing_.steps = std::min(timing_.steps, steps_within(over));
  }

  // For how many steps the power stays within the cap, or beyond it.
  static std::int64_t steps_within(const Line& excess) {
    return excess.slope > 0 ? -excess.first / excess.slope + 1 : kLongestRun;
  }
  static std::int64_t steps_over(const Line& excess) {
    return excess.slope < 0 ? (excess.first - 1) / -excess.slope + 1 : kLongestRun;
  }

  void finish(const Work& work, Price& price) const {
    price.steps = std::min(work.steps, timing_.steps);
    price.ticks = work.host_overlaps ? longer(timing_.device, work.host_ticks, price.steps)
                                     : timing_.device + work.host_ticks;
  }

  // Each part pays its kernels' time, arithmetic and bytes; the wait for the host is its own part.
  void charge(const Work& work, std::int64_t turns, Price& price) const {
    std::array<Rest, kEnergyParts> parts{};
    std::uint32_t touched = 1U << static_cast<int>(EnergyPart::HostGap);
    const double dynamic = grid_[clock_].dynamic;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      Rest& part = parts[static_cast<int>(kernel.part)];
      part += context() * Rest::of(timing_.kernels[k], turns);
      part += dynamic * draw_.arithmetic[k];
      parts[static_cast<int>(kernel.bytes_part)] += grid_[clock_].hbm * draw_.bytes[k];
      parts[static_cast<int>(kernel.bytes_part)] += draw_.links[k];
      touched |= 1U << static_cast<int>(kernel.part);
      touched |= 1U << static_cast<int>(kernel.bytes_part);
    }
    const Line gap{price.ticks.first - timing_.device.first,
                   price.ticks.slope - timing_.device.slope};
    parts[static_cast<int>(EnergyPart::HostGap)] += context() * Rest::of(gap, turns);
    Line total = price.ticks;
    for (; touched != 0; touched &= touched - 1) {
      const int part = std::countr_zero(touched);
      price.picojoules[part] = parts[part].line(turns);
      total += price.picojoules[part];
    }
    price.steps = std::min(price.steps, summable_steps(total));
    set_kv_share(work, price);
  }

  bool known_;
  Coefficients c_;
  std::int64_t idle_;
  std::vector<ClockPoint> grid_;
  std::size_t clock_ = 0;  // of this price
  double most_ = 0;        // pJ a tick of the steps beyond the limit; 0: none was
  static constexpr int kHints = 64;
  std::array<std::uint8_t, kHints> hints_{};
  // Scratch of one price.
  Draw draw_;
  Timing timing_;
  Timing faster_;
};

// The lightest step that every replica makes: one sequence decodes.
Work lone_decode(StepCost& cost) {
  Work work;
  Batch batch;
  batch.decodes = batch.longest = 1;
  batch.kv_tokens = 1;
  batch.probe = true;
  cost.work(batch, work);
  return work;
}

// pJ a tick of that step at one clock.
double draw_of(const Work& work, StatePower& power) {
  Price price;
  power.price(work, price);
  double sum = 0;
  for (const Line& part : price.picojoules) sum += static_cast<double>(part.first);
  return sum / static_cast<double>(price.ticks.first);
}

// A limit that not even a lone decode holds at the lowest clock.
std::string unholdable(const Deployment& deployment, const Work& decode, const Coefficients& c,
                       const ClockPoint& lowest) {
  Work device = decode;
  device.host_ticks = {};
  StatePower slowest(true, c, 0, {lowest});
  const double draws = draw_of(device, slowest);
  if (draws <= c.cap) return {};
  const HardwareSpec& h = *deployment.hardware;
  const double looseness = h.cap_looseness ? h.cap_looseness->value : 0;
  return fmt::format(
      "power_cap: {:.0f} W can't be held: at its lowest clock of {:.0f} MHz {} draws {:.0f} W a "
      "GPU while one sequence of {} decodes; {:.0f} W is the least that can be asked for",
      c.cap_watts, h.base_clock_mhz / lowest.slowdown, h.name, draws / c.watt,
      deployment.model == nullptr ? "the model" : deployment.model->name,
      std::ceil(draws / c.watt / (1 + looseness)));
}

}  // namespace

std::unique_ptr<Power> make_state_power(const Deployment& deployment, StepCost& cost,
                                        const PowerSettings& settings, std::string& refusal) {
  const Work decode = power::coefficients_known(deployment) ? lone_decode(cost) : Work();
  const bool known = power::coefficients_known(deployment) && decode.has_work;
  refusal = power::refusal_of(deployment, known, settings);
  if (!refusal.empty()) return nullptr;
  if (!known) {
    return std::make_unique<StatePower>(false, Coefficients{}, 0, std::vector{ClockPoint{}});
  }
  const HardwareSpec& h = *deployment.hardware;
  const double highest = settings.clock ? settings.clock->value : h.base_clock_mhz;
  // Whole mW, as those of the other idle states.
  const std::int64_t idle = 1000 * idle_states(deployment, settings).milliwatts;
  const Coefficients coefficients = power::coefficients_of(deployment, settings);
  std::vector<ClockPoint> grid = power::clock_grid(h, highest);
  if (settings.cap && !settings.drawn) {
    refusal = unholdable(deployment, decode, coefficients, grid.back());
    if (!refusal.empty()) return nullptr;
  }
  return std::make_unique<StatePower>(true, coefficients, idle, std::move(grid));
}

}  // namespace kvern
