// What a meter shows of known power.
#include "models/power/meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvern {
namespace {

// Feeds watts(t) for `seconds`, in bins.
template <class Watts>
double shown_joules(const MeterSpec& spec, double seconds, Watts watts,
                    std::vector<double>* readings = nullptr) {
  Meter meter(spec, [&](SimTime, double w) {
    if (readings != nullptr) readings->push_back(w);
  });
  const double bin = static_cast<double>(spec.bin()) * 1e-9;
  for (double t = bin / 2; t < seconds; t += bin) meter.bin(watts(t) * bin);
  return meter.naive_joules();
}

TEST(Meter, ConstantPowerIsShownAsItIs) {
  const MeterSpec instant = *meter_of("h100_sxm", "instant");
  EXPECT_EQ(instant.bin(), 25 * kMillisecond);
  EXPECT_NEAR(shown_joules(instant, 10, [](double) { return 500.0; }), 5000, 1e-6);
  MeterSpec high = instant;
  high.gain = 1.05;
  EXPECT_NEAR(shown_joules(high, 10, [](double) { return 500.0; }), 5250, 1e-6);
}

// 50 ms at 700 W and 50 ms at 120 W: mean 410 W. Looked at for the last 25 ms of every 100 ms, the
// meter sees one of the two: 71 % low, or 71 % high where the wave begins half a period later.
TEST(Meter, ASquareWaveOfItsPeriodIsSeenHalf) {
  const MeterSpec spec = *meter_of("a100_80", "instant");
  const auto wave = [](double phase) {
    return [phase](double t) {
      const double place = (t + phase) / .1;
      return place - static_cast<int>(place) < .5 ? 700.0 : 120.0;
    };
  };
  EXPECT_NEAR(shown_joules(spec, 20, wave(0)) / (20 * 410) - 1, -.707, .001);
  EXPECT_NEAR(shown_joules(spec, 20, wave(.05)) / (20 * 410) - 1, .707, .001);
  // Four runs of 5 s at different phases (the repeats of a careful measurement): within 5 %.
  double sum = 0;
  for (const double phase : {0.0, .025, .05, .075}) sum += shown_joules(spec, 5, wave(phase));
  EXPECT_NEAR(sum / (20 * 410) - 1, 0, .05);
}

// A step from 100 to 600 W is a straight line over a second in the average, at once in the instant.
TEST(Meter, TheAverageTakesASecondToShowAStep) {
  std::vector<double> average, instant;
  const auto step = [](double t) { return t < 2 ? 100.0 : 600.0; };
  shown_joules(*meter_of("h100_sxm", "average"), 4, step, &average);
  shown_joules(*meter_of("h100_sxm", "instant"), 4, step, &instant);
  EXPECT_NEAR(average[19], 100, 1e-6);  // at 2.0 s
  EXPECT_NEAR(average[24], 350, 1e-6);  // at 2.5 s: half of the second
  EXPECT_NEAR(average[29], 600, 1e-6);
  EXPECT_NEAR(instant[20], 600, 1e-6);
}

TEST(Meter, NobodyMeasuredThatOne) {
  EXPECT_FALSE(meter_of("rtx4090", "instant"));
  EXPECT_FALSE(meter_of("a100_80", "average"));
}

}  // namespace
}  // namespace kvern
