#include "analysis/summary/latency.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/summary/slo.h"

namespace kvern {
namespace {

RequestRow finished(SimTime arrival, SimTime scheduled, SimTime first, SimTime finish,
                    std::uint32_t output, std::uint16_t pool = 0) {
  RequestRow r;
  r.status = RequestStatus::Finished;
  r.pool = pool;
  r.arrival_ns = arrival;
  r.first_scheduled_ns = scheduled;
  r.first_token_ns = first;
  r.finish_ns = finish;
  r.output_tokens = output;
  return r;
}

TEST(Latencies, HandCase) {
  Latencies l(1);
  l.request(finished(0, 10, 20, 120, 11));     // queue 10, ttft 20, tpot 10, e2e 120
  l.request(finished(100, 100, 140, 190, 3));  // queue 0, ttft 40, tpot 25, e2e 90
  l.request(finished(200, 230, 260, 260, 1));  // queue 30, ttft 60, no tpot, e2e 60
  RequestRow failed = finished(0, 0, 0, 1'000'000, 5);
  failed.status = RequestStatus::Failed;
  l.request(failed);  // contributes nothing

  const Statistics queue = l.of(Latency::Queue, 0);
  EXPECT_DOUBLE_EQ(queue.mean, 40.0 / 3);
  EXPECT_DOUBLE_EQ(queue.p50, 10);
  EXPECT_DOUBLE_EQ(queue.p90, 26);  // rank 1.8 of 0 10 30: 10 + .8 x 20
  EXPECT_DOUBLE_EQ(queue.max, 30);
  const Statistics tpot = l.of(Latency::Tpot);
  EXPECT_DOUBLE_EQ(tpot.mean, 17.5);
  EXPECT_DOUBLE_EQ(tpot.p50, 17.5);
  EXPECT_DOUBLE_EQ(tpot.p99, 24.85);  // rank .99 of 10 25
  EXPECT_DOUBLE_EQ(l.of(Latency::Ttft).p50, 40);
  EXPECT_DOUBLE_EQ(l.of(Latency::E2e).mean, 90);
  EXPECT_TRUE(l.exact());
}

// A traced request of no output finishes without a first token.
TEST(Latencies, NoOutputHasNoFirstToken) {
  Latencies l(1);
  const RequestRow none = finished(100, 110, -1, 200, 0);
  l.request(none);
  l.request(finished(100, 110, 140, 140, 1));
  EXPECT_DOUBLE_EQ(l.of(Latency::Ttft).max, 40);
  EXPECT_DOUBLE_EQ(l.of(Latency::E2e).mean, 70);
  EXPECT_TRUE((Slo{1, 1, 100}.met_by(none)));
  EXPECT_FALSE((Slo{1, 1, 99}.met_by(none)));
}

TEST(Latencies, NothingMeasuredIsUnknown) {
  const Statistics none = Latencies(2).of(Latency::Ttft);
  EXPECT_TRUE(std::isnan(none.mean) && std::isnan(none.p50) && std::isnan(none.max));
}

TEST(Latencies, PoolsAreKeptApartAndTakenTogether) {
  Latencies l(2);
  l.request(finished(0, 1, 2, 10, 2, 0));
  l.request(finished(0, 1, 2, 30, 2, 1));
  l.request(finished(0, 1, 2, 50, 2, 1));
  EXPECT_DOUBLE_EQ(l.of(Latency::E2e, 0).max, 10);
  EXPECT_DOUBLE_EQ(l.of(Latency::E2e, 1).p50, 40);
  EXPECT_DOUBLE_EQ(l.of(Latency::E2e).p50, 30);
}

// Beyond the limit percentiles come from histograms: within 1/256 of the exact ones; mean and
// maximum stay exact. Times reach 4 h, beyond what 2^-20 ns ticks could hold.
TEST(Latencies, BeyondTheLimitHistogramsStayNear) {
  Latencies exact(1);
  Latencies coarse(1, 1000);
  for (SimTime i = 0; i < 5000; ++i) {
    const SimTime e2e = 1'000'000 + i * i * 600'000;
    const RequestRow r = finished(i, i + e2e / 4, i + e2e / 2, i + e2e, 1 + i % 7);
    exact.request(r);
    coarse.request(r);
  }
  EXPECT_FALSE(coarse.exact());
  for (int i = 0; i < kLatencies; ++i) {
    const Statistics a = exact.of(static_cast<Latency>(i));
    const Statistics b = coarse.of(static_cast<Latency>(i));
    EXPECT_DOUBLE_EQ(a.mean, b.mean);
    EXPECT_DOUBLE_EQ(a.max, b.max);
    EXPECT_NEAR(b.p50 / a.p50, 1, 1.0 / 256);
    EXPECT_NEAR(b.p90 / a.p90, 1, 1.0 / 256);
    EXPECT_NEAR(b.p99 / a.p99, 1, 1.0 / 256);
    EXPECT_NEAR(b.p999 / a.p999, 1, 1.0 / 256);
  }
}

TEST(Slo, EveryLimitGivenMustHold) {
  const RequestRow r = finished(0, 10, 20, 125, 11);  // ttft 20, tpot 10.5, e2e 125
  EXPECT_TRUE((Slo{20, {}, {}}.met_by(r)));
  EXPECT_FALSE((Slo{19, {}, {}}.met_by(r)));
  EXPECT_FALSE((Slo{20, 10, {}}.met_by(r)));
  EXPECT_TRUE((Slo{20, 11, 125}.met_by(r)));
  EXPECT_FALSE((Slo{20, 11, 124}.met_by(r)));
  EXPECT_TRUE((Slo{{}, 0, {}}.met_by(finished(0, 1, 2, 2, 1))));  // one token has no tpot
  RequestRow flying = r;
  flying.status = RequestStatus::InFlight;
  EXPECT_FALSE((Slo{1000, {}, {}}.met_by(flying)));
}

}  // namespace
}  // namespace kvern
