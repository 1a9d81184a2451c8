#include "models/power/meter.h"

#include <numeric>

namespace kvern {
namespace {

struct Row {
  const char* hardware;
  const char* field;
  int period_ms;
  int window_ms;
};
constexpr Row kMeters[] = {
    {"h100_sxm", "instant", 100, 25},    {"h100_sxm", "average", 100, 1000},
    {"h200_sxm", "instant", 100, 25},    {"h200_sxm", "average", 100, 1000},
    {"a100_40", "instant", 100, 25},     {"a100_80", "instant", 100, 25},
    {"v100_sxm2_16", "instant", 20, 10}, {"v100_sxm2_32", "instant", 20, 10},
};

}  // namespace

SimTime MeterSpec::bin() const { return std::gcd(period, window); }

std::optional<MeterSpec> meter_of(const std::string& hardware, const std::string& field) {
  for (const Row& row : kMeters) {
    if (hardware != row.hardware || field != row.field) continue;
    return MeterSpec{row.period_ms * kMillisecond, row.window_ms * kMillisecond, 1};
  }
  return std::nullopt;
}

void Meter::bin(double joules) {
  recent_.push_back(joules);
  now_ += bin_;
  if (static_cast<SimTime>(recent_.size()) * bin_ > spec_.window) recent_.pop_front();
  if (now_ % spec_.period != 0) return;
  const double seen = std::accumulate(recent_.begin(), recent_.end(), 0.0);
  const double seconds = static_cast<double>(static_cast<SimTime>(recent_.size()) * bin_) * 1e-9;
  const double watts = spec_.gain * seen / seconds;
  naive_joules_ += watts * static_cast<double>(spec_.period) * 1e-9;
  show_(now_, watts);
}

}  // namespace kvern
