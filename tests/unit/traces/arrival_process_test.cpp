// Arrival processes: a hand case of each, and the acceptance of their gaps and counts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/base/exact_math.h"
#include "tests/unit/traces/workload.h"
#include "traces/arrivals.h"
#include "traces/generate/unit_gaps.h"

namespace kvern {
namespace {

using workloads::Texts;

std::unique_ptr<ArrivalProcess> process(const std::string& text) {
  Issues issues;
  auto made = make_policy(arrivals::table(), "arrivals", parse_policy(text, {}, issues),
                          "workload.arrivals", issues);
  EXPECT_NE(made, nullptr) << issues.text();
  return made;
}

std::vector<SimTime> times(const std::string& text, int n, const char* part = "workload.arrivals") {
  const auto made = process(text);
  Stream stream(1, part);
  std::vector<SimTime> result;
  for (int i = 0; i < n; ++i) result.push_back(made->next(stream));
  return result;
}

struct Gaps {
  double mean_s = 0;
  double cv = 0;
};
Gaps gaps(const std::vector<SimTime>& at) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double gap = static_cast<double>(at[i] - (i > 0 ? at[i - 1] : 0)) / 1e9;
    sum += gap;
    squares += gap * gap;
  }
  const auto n = static_cast<double>(at.size());
  const double mean = sum / n;
  return {mean, std::sqrt(squares / n - mean * mean) / mean};
}

}  // namespace

TEST(ArrivalProcess, ConstantHasEqualGaps) {
  EXPECT_EQ(times("constant(rate=4 req/s)", 3),
            (std::vector<SimTime>{250'000'000, 500'000'000, 750'000'000}));
}

// One source, silent for 2 s and on for 1 s: its Poisson gaps (rate 4, from its own stream) are
// laid end to end over the seconds 2 to 3, 5 to 6, ...; one that reaches beyond a burst is drawn
// anew.
TEST(ArrivalProcess, OnOffIsPoissonInBursts) {
  const std::string habits = "rate=4 req/s, on=constant(value=1 s), off=constant(value=2 s))";
  const auto at = times("on_off(sources=1, " + habits, 1000);
  Stream source = Stream(1, "workload.arrivals").child(0);
  double now = 0, until = 0;
  for (const SimTime time : at) {
    for (;;) {
      now += draw_exponential(source) * 0.25e9;
      if (now < until) break;
      source.uniform(), source.uniform();  // how long the silence and the burst are
      now = until + 2e9;
      until = now + 1e9;
    }
    ASSERT_EQ(time, exact::nearest_whole(now));
    EXPECT_EQ(time / kSecond % 3, 2);
  }
  // Many sources: rate x sources x share of the time on = 4 x 30 / 3, and in order.
  const auto many = times("on_off(sources=30, " + habits, 20'000);
  EXPECT_TRUE(std::is_sorted(many.begin(), many.end()));
  EXPECT_NEAR(20'000 / (static_cast<double>(many.back()) / 1e9), 40, 2);
}

// Gap k is -ln(1 - u_k) / rate, each rounded to a nanosecond.
TEST(ArrivalProcess, PoissonIsTheFormula) {
  Stream stream(1, "workload.arrivals");
  SimTime expected = 0;
  for (const SimTime at : times("poisson(rate=8 req/s)", 100)) {
    expected += std::llround(-exact::log(1 - stream.uniform()) / 8 * 1e9);
    EXPECT_NEAR(static_cast<double>(at), static_cast<double>(expected), 1);
  }
}

TEST(ArrivalProcess, GapsHaveTheirRateAndVariation) {
  const auto expect = [](const std::string& text, double cv) {
    constexpr int n = 200'000;
    const Gaps found = gaps(times(text, n));
    EXPECT_NEAR(found.cv, cv, 0.05 * cv) << text;
    EXPECT_NEAR(found.mean_s, 0.2, 4 * 0.2 * cv / std::sqrt(n)) << text;
  };
  expect("poisson(rate=5 req/s)", 1);
  expect("gamma(rate=5 req/s, cv=0.5)", 0.5);
  expect("gamma(rate=5 req/s, cv=2.0)", 2);
  expect("weibull(rate=5 req/s, cv=0.5)", 0.5);
  expect("weibull(rate=5 req/s, cv=2.0)", 2);
  expect("renewal(gap=exponential(mean=200 ms))", 1);
}

TEST(ArrivalProcess, WeibullShapesAreThePublishedOnes) {
  EXPECT_NEAR(weibull_shape(0.5), 2.10135, 5e-6);
  EXPECT_NEAR(weibull_shape(1), 1, 1e-12);
  EXPECT_NEAR(weibull_shape(1.5), 0.68477, 5e-6);
  EXPECT_NEAR(weibull_shape(2), 0.54269, 5e-6);
  EXPECT_NEAR(weibull_shape(3), 0.41134, 5e-6);
  EXPECT_NEAR(weibull_shape(4), 0.34869, 5e-6);
  EXPECT_NEAR(weibull_shape(8), 0.25371, 5e-6);
}

// Unit gaps in operational time: rates 1, 0, 4 for 2 s each. Lambda reaches 1 at 1 s, 2 at 2 s;
// then nothing for 2 s; 3, 4 ... at 4.25 s, 4.5 s ... and 10 at 6 s, where the second round begins.
// A point at the end of a piece is the start of the next one with a positive rate.
TEST(ArrivalProcess, PiecewiseInvertsTheIntegralOfTheRate) {
  const auto at =
      times("piecewise(process=constant, interval=2 s, rates=[1 req/s, 0 req/s, 4 req/s])", 12);
  const double seconds[] = {1, 4, 4.25, 4.5, 4.75, 5, 5.25, 5.5, 5.75, 6, 7, 10};
  for (int i = 0; i < 12; ++i) EXPECT_EQ(at[i], std::llround(seconds[i] * 1e9)) << i;
}

TEST(ArrivalProcess, PiecewiseMayEnd) {
  const auto made =
      process("piecewise(process=constant, interval=2 s, rates=[1 req/s, 1 req/s], repeat=false)");
  EXPECT_FALSE(made->endless());
  Stream stream(1, "x");
  for (int second = 1; second <= 3; ++second) EXPECT_EQ(made->next(stream), second * kSecond);
  EXPECT_EQ(made->next(stream), kNever);
  EXPECT_EQ(made->next(stream), kNever);
}

// Over 40 rounds of three pieces.
TEST(ArrivalProcess, PiecewiseCountsFollowTheRates) {
  const auto made = process("piecewise(interval=60 s, rates=[2 req/s, 10 req/s, 5 req/s])");
  Stream stream(1, "workload.arrivals");
  double counts[3] = {};
  for (SimTime at = made->next(stream); at < 40 * 180 * kSecond; at = made->next(stream)) {
    ++counts[at / (60 * kSecond) % 3];
  }
  const double expected[] = {4800, 24000, 12000};
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(counts[i], expected[i], 4 * std::sqrt(expected[i]));
}

TEST(ArrivalProcess, RecordedMinutesAreFollowed) {
  const auto made = process("piecewise(minutes=azure2023_conversation, repeat=false)");
  Stream stream(1, "workload.arrivals");
  double first = 0;  // 191 in the recorded first minute
  double all = 0;    // 19,366
  for (SimTime at = made->next(stream); at != kNever; at = made->next(stream)) {
    first += at < 60 * kSecond ? 1 : 0;
    ++all;
  }
  EXPECT_NEAR(first, 191, 4 * std::sqrt(191));
  EXPECT_NEAR(all, 19366, 4 * std::sqrt(19366));
}

// Code, weekday: the 20th hour has rate 2.77 of the mean, the 9th .31; the weekend's 10th .12.
TEST(ArrivalProcess, DiurnalFollowsTheHours) {
  const auto made =
      process("diurnal(rate=50 req/s, shape=azure2024_code, hour=1 min, process=gamma, cv=0.5)");
  Stream stream(1, "workload.arrivals");
  std::vector<double> counts(168);
  constexpr int kWeeks = 4;
  const SimTime end = SimTime{kWeeks} * 168 * 60 * kSecond;
  for (SimTime at = made->next(stream); at < end; at = made->next(stream)) {
    ++counts[static_cast<std::size_t>(at / (60 * kSecond) % 168)];
  }
  const auto expect = [&](int hour, double share) {
    const double count = kWeeks * 60 * 50 * share;
    EXPECT_NEAR(counts[static_cast<std::size_t>(hour)], count, 4 * std::sqrt(count)) << hour;
  };
  expect(19, 2.77);
  expect(24 + 8, .31);
  expect(4 * 24 + 17, 2.46);
  expect(5 * 24 + 10, .11);
  expect(6 * 24 + 20, .61);
}

// start = 19 h 30 min of a weekday: half an hour of rate 2.77, then an hour of 2.56.
TEST(ArrivalProcess, DiurnalStartsAtATimeOfDay) {
  const auto at = times(
      "diurnal(rate=1 req/s, shape=azure2024_code, days=weekday, start=1170 min, "
      "process=constant)",
      6000);
  EXPECT_NEAR(static_cast<double>(at[0]), 1e9 / 2.77, 1);
  EXPECT_NEAR(static_cast<double>(at[5999]) / 1e9, 1800 + (6000 - 1800 * 2.77) / 2.56, 0.01);
}

// The table's means of the gaps with its 99.5 and 99.9 % points: 182.9 and 410 ms.
TEST(ArrivalProcess, RecordedGapsHaveTheTablesMean) {
  EXPECT_NEAR(gaps(times("renewal(table=azure2023_conversation)", 200'000)).mean_s, .1829, .0020);
  EXPECT_NEAR(gaps(times("renewal(table=azure2023_code)", 2'000'000)).mean_s, .410, .020);
}

TEST(ArrivalProcess, MistakesAreIssues) {
  const auto issue = [](const std::string& arrivals) {
    Issues issues;
    EXPECT_EQ(workloads::try_workload({.arrivals = arrivals}, issues), nullptr) << arrivals;
    return issues.text();
  };
  EXPECT_NE(issue("poison(rate=1 req/s)").find("did you mean \"poisson\""), std::string::npos);
  EXPECT_NE(issue("poisson(rat=1 req/s)").find("did you mean \"rate\""), std::string::npos);
  EXPECT_NE(issue("poisson(rate=1)").find("unit"), std::string::npos);
  EXPECT_NE(issue("gamma(rate=1 req/s)").find("cv"), std::string::npos);
  EXPECT_NE(issue("piecewise(rates=[0 req/s])").find("positive"), std::string::npos);
  EXPECT_NE(issue("diurnal(rate=1 req/s, cv=2.0)").find("no cv"), std::string::npos);
  EXPECT_NE(issue("renewal").find("gap"), std::string::npos);
}

}  // namespace kvern
