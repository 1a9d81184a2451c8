// One replica that serves one request at a time is a textbook queue: its waits must meet the
// formulas. A step lasts 1 ms, so an answer of n tokens is a service of n ms; mean service 1 s.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "sim/base/random.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

constexpr std::size_t kRequests = 1'000'000;
constexpr std::size_t kBatches = 30;
constexpr double kStudent99 = 2.756;  // 29 degrees of freedom, two-sided 99 %

struct Waits {
  double mean_s;      // in the queue
  double half_width;  // of its 99 % interval, by batch means
  double in_system;   // mean number, by Little's law from its parts
};

// Poisson arrivals at `rate` a second; `service` gives milliseconds.
Waits waits_of(double rate, const std::function<double(Stream&)>& service) {
  Lab lab;
  lab.batching = "vllm_v1(max_num_seqs=1)";
  lab.cost = "affine(a=0 ns, b=0 ns, c=1 ms, d=0 ns)";
  lab.blocks = 1'000'000;
  lab.self_checks = false;
  Stream gaps(7, "gaps"), services(7, "services");
  double now = 0;
  for (std::size_t i = 0; i < kRequests; ++i) {
    now += draw_exponential(gaps) / rate;
    const double ms = std::max(1.0, std::floor(service(services) + 0.5));
    lab.requests.push_back(
        {static_cast<SimTime>(now * 1e9), 1, static_cast<std::uint32_t>(ms), {}});
  }
  const auto outcome = run(lab);
  const std::size_t first = kRequests / 10, batch = (kRequests - first) / kBatches;
  double sum = 0, squares = 0;
  for (std::size_t b = 0; b < kBatches; ++b) {
    double mean = 0;
    for (std::size_t i = 0; i < batch; ++i) {
      const RequestRow& row = outcome->requests[first + b * batch + i];
      mean += static_cast<double>(row.first_scheduled_ns - row.arrival_ns) * 1e-9;
    }
    mean /= static_cast<double>(batch);
    sum += mean, squares += mean * mean;
  }
  const double mean = sum / kBatches;
  const double variance = (squares - sum * mean) / (kBatches - 1);
  return {mean, kStudent99 * std::sqrt(variance / kBatches), rate * (mean + 1)};
}

// Wq = rho W = .8 x 1 / (1 - .8)
TEST(TheorySlow, ExponentialServiceWaitsAsMM1) {
  const Waits waits = waits_of(0.8, [](Stream& s) { return 1000 * draw_exponential(s); });
  EXPECT_NEAR(waits.mean_s, 4.0, waits.half_width);
  EXPECT_LT(waits.half_width, 0.25);
  EXPECT_NEAR(waits.in_system, 4.0, 0.25);
}

// Wq = rho / (2 (1 - rho))
TEST(TheorySlow, ConstantServiceWaitsAsMD1) {
  const Waits waits = waits_of(0.8, [](Stream&) { return 1000.0; });
  EXPECT_NEAR(waits.mean_s, 2.0, waits.half_width);
  EXPECT_LT(waits.half_width, 0.1);
}

// S = .5 s with .9, 5.5 s with .1: E[S^2] = 3.25, Wq = lam E[S^2] / (2 (1 - rho)) = 6.5
TEST(TheorySlow, TwoPointServiceWaitsAsPollaczekKhinchine) {
  const Waits waits = waits_of(0.8, [](Stream& s) { return s.uniform() < 0.9 ? 500.0 : 5500.0; });
  EXPECT_NEAR(waits.mean_s, 6.5, waits.half_width);
  EXPECT_LT(waits.half_width, 0.5);
}

}  // namespace
}  // namespace kvern::lab
