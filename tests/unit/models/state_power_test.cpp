// Watts, joules and clocks by hand, with a step cost made of one kernel.
#include "models/power/state_power.h"

#include <cmath>

#include "sim/base/time.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

// 100 W idle, 1 pJ/FLOP, 100 pJ/B, 500 W board; V falls from 1 at 1500 MHz to .6 at 750 MHz.
HardwareSpec round_board() {
  HardwareSpec h;
  h.name = "round";
  h.base_clock_mhz = 1500;
  h.lowest_clock_mhz = 600;
  h.power_cap_watts = 500;
  h.context_watts = Coefficient{100, 100, 100, ""};
  h.gemm_joules_per_flop = Coefficient{1e-12, 1e-12, 1e-12, ""};
  h.attention_joules_per_flop = Coefficient{2e-12, 2e-12, 2e-12, ""};
  h.joules_per_hbm_byte = Coefficient{100e-12, 100e-12, 100e-12, ""};
  h.voltage_knee_share = Coefficient{.5, .5, .5, ""};
  h.voltage_floor_share = Coefficient{.6, .6, .6, ""};
  return h;
}

constexpr std::int64_t kTicksPerMs = kMillisecond * kTicksPerNs;

// 10 ms of arithmetic (`flops`), bytes worth 0.1 J in 1 ms behind it.
class OneKernel final : public StepCost {
 public:
  explicit OneKernel(std::int64_t flops, bool has_work = true)
      : flops_(flops), has_work_(has_work) {}
  void work(const Batch&, Work& work) override {
    KernelWork& kernel = work.add();
    kernel = {};
    kernel.part = EnergyPart::Mlp;
    kernel.bytes_part = EnergyPart::KvRead;
    kernel.arithmetic = Arithmetic::Gemm;
    kernel.flops.first = flops_;
    kernel.bytes.first = 1'000'000'000;
    kernel.compute_ticks.first = 10 * kTicksPerMs;
    kernel.memory_ticks.first = 1 * kTicksPerMs;
    work.has_work = has_work_;
  }

 private:
  std::int64_t flops_;
  bool has_work_;
};

struct Result {
  double ms = 0;
  double mlp_j = 0;
  double kv_read_j = 0;
  std::int64_t idle = 0;
};

Result result_of(std::int64_t flops, const PowerSettings& settings, std::uint32_t gpus = 1) {
  HardwareSpec h = round_board();
  h.joules_per_link_byte = Coefficient{};
  Deployment d;
  d.hardware = &h;
  d.tensor_parallel = gpus;
  OneKernel cost(flops);
  std::string refusal;
  const auto power = make_state_power(d, cost, settings, refusal);
  EXPECT_TRUE(power) << refusal;
  Work work;
  cost.work({}, work);
  Price price;
  power->price(work, price);
  const auto joules = [&](EnergyPart part) {
    return static_cast<double>(price.picojoules[static_cast<int>(part)].first) * 1e-12;
  };
  return {static_cast<double>(price.ticks.first) / kTicksPerMs, joules(EnergyPart::Mlp),
          joules(EnergyPart::KvRead), power->idle_picojoules_per_us()};
}

TEST(StatePower, ChargesTimeArithmeticAndBytes) {
  // 2e12 FLOP in 10 ms: 100 W * 10 ms = 1 J, arithmetic 2 J, bytes 0.1 J; 310 W
  const Result r = result_of(2'000'000'000'000, {});
  EXPECT_DOUBLE_EQ(r.ms, 10);
  EXPECT_NEAR(r.mlp_j, 3, 1e-9);
  EXPECT_NEAR(r.kv_read_j, .1, 1e-9);
  EXPECT_EQ(r.idle, 100'000'000);
}

TEST(StatePower, CountsEveryGpu) {
  const Result r = result_of(2'000'000'000'000, {}, 4);
  EXPECT_DOUBLE_EQ(r.ms, 10);
  EXPECT_NEAR(r.mlp_j, 12, 1e-9);
  EXPECT_EQ(r.idle, 400'000'000);
}

TEST(StatePower, ALockedClockStretchesArithmetic) {
  // 750 MHz: 20 ms, V = .6, so arithmetic 2 J * .36 = .72 J and the context 2 J
  const Result r = result_of(2'000'000'000'000, {{}, Megahertz{750}});
  EXPECT_NEAR(r.ms, 20, 1e-9);
  EXPECT_NEAR(r.mlp_j, 2.72, 1e-9);
  EXPECT_NEAR(r.kv_read_j, .1, 1e-9);
}

TEST(StatePower, BytesAndIdlePowerFallWithTheClockWhereKnown) {
  HardwareSpec h = round_board();
  h.memory_core_share = Coefficient{.5, .5, .5, ""};
  h.context_clock_share = Coefficient{.4, .4, .4, ""};
  Deployment d;
  d.hardware = &h;
  OneKernel cost(2'000'000'000'000);
  std::string refusal;
  const auto power = make_state_power(d, cost, {{}, Megahertz{750}}, refusal);
  ASSERT_TRUE(power) << refusal;
  Work work;
  cost.work({}, work);
  Price price;
  power->price(work, price);
  // V^2 = .36: bytes .1 J (1 - .5 * .64) = .068 J; context 100 W (1 - .4 (1 - .5 * .36)) = 67.2 W,
  // 1.344 J in 20 ms, and .72 J of arithmetic
  const auto joules = [&](EnergyPart part) {
    return static_cast<double>(price.picojoules[static_cast<int>(part)].first) * 1e-12;
  };
  EXPECT_NEAR(joules(EnergyPart::KvRead), .068, 1e-9);
  EXPECT_NEAR(joules(EnergyPart::Mlp), 2.064, 1e-9);
  EXPECT_EQ(power->idle_picojoules_per_us(), 67'200'000);
}

TEST(StatePower, TheHighestClockWithinTheCap) {
  // At share s of the clock: 10 ms / s, V = .6 + .4 (s - .5) / .5 = .2 + .8 s, and
  // W = 100 + (5 J V^2 + .1 J) s / 10 ms. At most 500 W: s = .95 gives 100 + 95 * (4.608 + .1) =
  // 547; .91 (1365 MHz): 100 + 91 * (5 * .928^2 + .1) = 500.9; .90 (1350 MHz): 100 + 90 * (5 *
  // .92^2 + .1) = 489.9.
  const Result r = result_of(5'000'000'000'000, {});
  EXPECT_NEAR(r.ms, 10 / .90, 1e-6);
  EXPECT_NEAR((r.mlp_j + r.kv_read_j) / r.ms * 1e3, 489.88, .01);
  // The same cap, asked for by name.
  EXPECT_NEAR(result_of(5'000'000'000'000, {Watts{500}, {}}).ms, 10 / .90, 1e-6);
}

// 600 MHz: 25 ms; 100 W + (5 J * .36 + .1 J) / 25 ms = 176 W
TEST(StatePower, RefusesACapThatNoClockHolds) {
  HardwareSpec h = round_board();
  Deployment d;
  d.hardware = &h;
  OneKernel cost(5'000'000'000'000);
  std::string refusal;
  EXPECT_FALSE(make_state_power(d, cost, {Watts{150}, {}}, refusal));
  EXPECT_EQ(
      refusal,
      "power_cap: 150 W can't be held: at its lowest clock of 600 MHz round draws 176 W a "
      "GPU while one sequence of the model decodes; 176 W is the least that can be asked for");
  EXPECT_TRUE(make_state_power(d, cost, {Watts{177}, {}}, refusal));
}

// A draw of the coefficients may lie beyond the cap: the lowest clock, true joules, and a note.
TEST(StatePower, AStepBeyondEveryClockIsSaidAndCounted) {
  HardwareSpec h = round_board();
  Deployment d;
  d.hardware = &h;
  OneKernel cost(5'000'000'000'000);
  PowerSettings settings{Watts{150}, {}, {}};
  settings.drawn = true;
  std::string refusal;
  const auto power = make_state_power(d, cost, settings, refusal);
  ASSERT_TRUE(power) << refusal;
  EXPECT_EQ(power->note(), "");
  Work work;
  cost.work({}, work);
  Price price;
  power->price(work, price);
  EXPECT_NEAR(static_cast<double>(price.ticks.first) / kTicksPerMs, 25, 1e-6);
  double joules = 0;
  for (const Line& part : price.picojoules) joules += static_cast<double>(part.first) * 1e-12;
  EXPECT_NEAR(joules / .025, 176, 1e-6);
  EXPECT_EQ(power->note(),
            "the limit of 150 W is not held: steps draw up to 176 W a GPU at its lowest clock, and "
            "their joules are counted so");
}

TEST(StatePower, UnknownJoulesAreSaidSo) {
  HardwareSpec h = round_board();
  h.joules_per_hbm_byte.reset();
  Deployment d;
  d.hardware = &h;
  OneKernel cost(1);
  std::string refusal;
  EXPECT_FALSE(make_state_power(d, cost, {}, refusal)->known());
  EXPECT_FALSE(make_state_power({}, cost, {}, refusal)->known());
  h = round_board();
  EXPECT_TRUE(make_state_power(d, cost, {}, refusal)->known());
  OneKernel time_only(1, false);
  EXPECT_FALSE(make_state_power(d, time_only, {}, refusal)->known());
}

TEST(StatePower, RefusesSettingsWithoutKnownEffect) {
  HardwareSpec h = round_board();
  Deployment d;
  d.hardware = &h;
  OneKernel cost(1);
  OneKernel time_only(1, false);
  const auto refused = [&](StepCost& step_cost, const PowerSettings& settings) {
    std::string refusal;
    const auto power = make_state_power(d, step_cost, settings, refusal);
    EXPECT_EQ(power == nullptr, !refusal.empty());
    return !refusal.empty();
  };
  EXPECT_FALSE(refused(cost, {Watts{400}, Megahertz{1485}}));
  EXPECT_TRUE(refused(cost, {Watts{501}, {}}));       // above the board's limit
  EXPECT_TRUE(refused(cost, {Watts{100}, {}}));       // what it draws idle
  EXPECT_TRUE(refused(cost, {{}, Megahertz{1490}}));  // off the grid
  EXPECT_TRUE(refused(cost, {{}, Megahertz{1515}}));  // above the base clock
  EXPECT_TRUE(refused(time_only, {Watts{400}, {}}));
  h.voltage_floor_share.reset();
  EXPECT_TRUE(refused(cost, {Watts{400}, {}}));
}

}  // namespace
}  // namespace kvern
