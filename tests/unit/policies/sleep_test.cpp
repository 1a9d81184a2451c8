// States between steps: watts and break-even by hand, the idle clock by hand, and a replica that
// sleeps, fused and stepwise.
#include <fmt/format.h>

#include "models/power/idle_states.h"
#include "models/power/state_power.h"
#include "policies/sleep.h"
#include "sim/energy/idle_clock.h"
#include "tests/lab/random_lab.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

std::unique_ptr<Sleep> sleep_of(const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {"test"}, issues);
  auto policy = make_policy(sleep::table(), "sleep", spec, "pool.power.sleep", issues);
  EXPECT_EQ(issues.text(), "");
  return policy;
}

constexpr std::int64_t kJoule = 1'000'000'000'000;

TEST(IdleStates, OfAnH100) {
  Priced priced("h100_sxm", "llama-3.1-8b", "roofline");
  const IdleStates states = idle_states(priced.deployment, {});
  EXPECT_EQ(states.milliwatts, 126'000);
  EXPECT_EQ(states.hold_ns, kNever);  // none was seen
  const SleepState& bare = states.sleep[static_cast<std::size_t>(SleepDepth::Bare)];
  EXPECT_EQ(bare.milliwatts, 78'000);
  EXPECT_EQ(bare.wake_ns, 45'500 * kMillisecond);
  // 300 W x 45.5 s / (126 - 78) W = 284.375 s
  EXPECT_EQ(states.break_even(SleepDepth::Bare), 284'375 * kMillisecond);
  // 8.03 G parameters x 2 B / 51.1 GB/s = 0.314 s
  const SleepState& weights = states.sleep[static_cast<std::size_t>(SleepDepth::Weights)];
  EXPECT_NEAR(static_cast<double>(weights.wake_ns) * 1e-9, .314, .001);
  // A context's weights cost no watts, so leaving them saves none.
  EXPECT_EQ(states.break_even(SleepDepth::Weights), kNever);
  // 126 W at 39 C, 1 W a degree: 138 W at 51 C.
  EXPECT_EQ(idle_states(priced.deployment, {{}, {}, 51.0}).milliwatts, 138'000);
}

// Watts of PCIe boards by Model Parking Tax: T* of 270, 428 and 190 s for 45 s of loading.
TEST(IdleStates, BreakEvenOfPublishedBoards) {
  struct Row {
    double context, bare, load, seconds;
  };
  for (const Row& row :
       {Row{121.7, 71.8, 300, 270}, Row{80, 53.7, 250, 428}, Row{102, 35.6, 280, 190}}) {
    HardwareSpec h;
    h.context_watts = Coefficient{row.context, 0, 0, ""};
    h.bare_watts = Coefficient{row.bare, 0, 0, ""};
    h.load_watts = Coefficient{row.load, 0, 0, ""};
    h.load_seconds = Coefficient{45, 0, 0, ""};
    Deployment d;
    d.hardware = &h;
    const SimTime t = idle_states(d, {}).break_even(SleepDepth::Process);
    EXPECT_NEAR(static_cast<double>(t) * 1e-9, row.seconds, .01 * row.seconds);
  }
}

TEST(SleepKeys, UnknownIsSaidNeverZero) {
  Priced priced("a100_80", "llama-3.1-8b", "roofline");
  const IdleStates states = idle_states(priced.deployment, {});
  EXPECT_EQ(sleep_of("after_idle(idle=1 s, state=sleep1)")->prepare(states),
            "a100_80: how fast weights come back from host memory is unknown; give wake");
  EXPECT_EQ(sleep_of("after_idle(idle=1 s, state=sleep1, wake=400 ms)")->prepare(states), "");
  EXPECT_EQ(sleep_of("break_even")->prepare(states),
            "a100_80: how long a context takes is unknown; give wake");
  Priced other("mi300x", "llama-3.1-8b", "roofline");
  EXPECT_EQ(sleep_of("after_idle(idle=1 s, wake=1 s)")->prepare(idle_states(other.deployment, {})),
            "mi300x: what it draws idle is unknown");
}

// Draws beyond 100 W: hold 5 s, then 40 W; after 20 s asleep at 10 W; waking 3 s at 200 W.
TEST(IdleClock, ByHand) {
  IdleStates states;
  states.milliwatts = 100'000;
  states.hold_ns = 5 * kSecond;
  states.settled_milliwatts = 40'000;
  states.sleep[static_cast<std::size_t>(SleepDepth::Bare)] = {10'000, 3 * kSecond, 200'000, "", ""};
  for (const bool cut : {false, true}) {
    Ledger ledger;
    BucketLedger buckets(0, 0, 1, 0, nullptr);
    IdleClock clock(states, sleep_of("after_idle(idle=20 s, gather=1 s)"), true, ledger, buckets);
    EXPECT_FALSE(clock.idle());
    clock.begin(10 * kSecond);
    if (cut) {
      for (int t = 11; t < 50; t += 3) clock.book(t * kSecond);
    }
    EXPECT_EQ(clock.wake(50 * kSecond), 54 * kSecond);  // gathers 1 s, wakes 3 s
    EXPECT_TRUE(clock.waking());
    if (cut) clock.book(52 * kSecond);
    clock.end(54 * kSecond);
    // 15 s x -60 W + 21 s (30 to 51) x -90 W + 3 s x -100 W = -900 - 1890 - 300 J
    EXPECT_EQ(ledger.picojoules[static_cast<std::size_t>(EnergyPart::Idle)], -3090 * kJoule);
    EXPECT_EQ(ledger.picojoules[static_cast<std::size_t>(EnergyPart::Wake)], 600 * kJoule);
    EXPECT_EQ(ledger.asleep_ns, 21 * kSecond);
    EXPECT_EQ(ledger.wakes, 1U);
    // Awake again: a pause of less than 20 s wakes nobody.
    clock.begin(60 * kSecond);
    EXPECT_EQ(clock.wake(79 * kSecond), 79 * kSecond);
  }
}

// The log of the A6000 server: 16 to 18 s at 82 to 89 W after a burst, then 33 W.
TEST(IdleClock, AnA6000HoldsItsClocks) {
  Priced priced("a6000", "llama-3.1-8b", "roofline");
  const IdleStates states = idle_states(priced.deployment, {});
  EXPECT_EQ(states.hold_ns, 17 * kSecond);
  Ledger ledger;
  BucketLedger buckets(0, 0, 1, 0, nullptr);
  IdleClock clock(states, sleep_of("never"), true, ledger, buckets);
  clock.begin(0);
  clock.book(17 * kSecond);
  EXPECT_EQ(ledger.picojoules[static_cast<std::size_t>(EnergyPart::Idle)], 0);
  clock.book(27 * kSecond);  // 10 s at 33 instead of 87 W
  EXPECT_EQ(ledger.picojoules[static_cast<std::size_t>(EnergyPart::Idle)], -540 * kJoule);
}

// One request each 10 s; the first step of each waits for the waking.
TEST(Sleep, DelaysTheRequestThatWakes) {
  lab::Lab lab;
  lab.requests = {{0, 10, 2, {}}, {10 * kSecond, 10, 2, {}}, {10 * kSecond + 1, 10, 2, {}}};
  lab.sleep = "after_idle(idle=1 s, state=bare, wake=2 s)";
  const auto outcome = lab::run(lab);
  EXPECT_EQ(outcome->requests[0].first_scheduled_ns, 0);
  EXPECT_EQ(outcome->requests[1].first_scheduled_ns, 12 * kSecond);
  EXPECT_EQ(outcome->requests[2].first_scheduled_ns, 12 * kSecond);  // came meanwhile
  EXPECT_EQ(outcome->ledgers[0].wakes, 1U);
}

TEST(Sleep, IsTheSameHoweverRunsAreCut) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    lab::Lab lab = lab::random_lab(seed);
    lab.sleep = fmt::format("after_idle(idle={} us, state=bare, wake={} us, gather={} us)",
                            seed % 40, seed % 31, seed % 3 * 20);
    lab.bucket = 0;
    const std::string fused = text(*run(lab), false);
    lab.stepwise = true;
    ASSERT_EQ(fused, text(*run(lab), false)) << describe(lab) << seed;
    lab.bucket = 7000;
    const auto cut = run(lab);
    Int128 buckets = 0;
    for (const BucketRow& row : cut->buckets) buckets += row.energy_nj;
    Int128 parts = 0;
    for (const Int128 part : cut->ledgers[0].picojoules) parts += part;
    cut->buckets.clear();
    ASSERT_EQ(fused, text(*cut, false)) << describe(lab) << seed;
    // Buckets are cut to whole nJ, and begin at 0, before the first arrival (120 pJ/us a replica).
    const Int128 before = Int128{lab.requests[0].arrival} * lab.replicas * 120 / 1000;
    EXPECT_NEAR(static_cast<double>(buckets * 1000 - before), static_cast<double>(parts),
                2000.0 * static_cast<double>(cut->requests.size() * 1000 + 1000));
  }
}

}  // namespace
}  // namespace kvern
