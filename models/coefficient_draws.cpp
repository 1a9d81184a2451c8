#include "models/coefficient_draws.h"

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/random.h"

namespace kvern {
namespace {

constexpr double kMeterGain = 0.05;  // of a board's meter, either way; second-hand
constexpr double kGridTables = 0.15;

// The draw's place in the coefficient's own shuffle of 0 .. count - 1, and a point within it.
double place(const BandDraw& draw, std::string_view name) {
  Stream stream(draw.seed, "band." + std::string(name));
  std::vector<std::uint32_t> order(draw.count);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = draw.count; i > 1; --i) {
    const auto j = static_cast<std::uint32_t>(stream.uniform() * i);
    std::swap(order[i - 1], order[j]);
  }
  double within = 0;
  for (std::uint32_t i = 0; i <= draw.index; ++i) within = stream.uniform();
  return (order[draw.index] + within) / draw.count;
}

void redraw(const BandDraw& draw, const std::string& name, Coefficient& c, int& ranges) {
  if (c.low == c.high) return;
  c.value = drawn(draw, name, c);
  ++ranges;
}

}  // namespace

double drawn(const BandDraw& draw, std::string_view name, const Coefficient& c) {
  const double width = c.high - c.low;
  if (width <= 0) return c.value;
  const double u = place(draw, name);
  const double below = (c.value - c.low) / width;
  if (u < below) return c.low + std::sqrt(u * width * (c.value - c.low));
  return c.high - std::sqrt((1 - u) * width * (c.high - c.value));
}

int draw_hardware(const BandDraw& draw, HardwareSpec& h) {
  int ranges = 0;
  const auto one = [&](const char* key, Coefficient& c) {
    redraw(draw, h.name + "." + key, c, ranges);
  };
  const auto maybe = [&](const char* key, std::optional<Coefficient>& c) {
    if (c) one(key, *c);
  };
  one("gemm_efficiency", h.gemm_efficiency);
  one("attention_efficiency", h.attention_efficiency);
  one("memory_efficiency", h.memory_efficiency);
  one("decode_attention_efficiency", h.decode_attention_efficiency);
  one("gemm_seconds", h.gemm_seconds);
  one("attention_seconds", h.attention_seconds);
  one("kernel_seconds", h.kernel_seconds);
  maybe("attention_start", h.attention_start_keys);
  maybe("all_reduce_seconds", h.all_reduce_seconds);
  maybe("link_efficiency", h.link_efficiency);
  maybe("cap_looseness", h.cap_looseness);
  maybe("voltage_knee", h.voltage_knee_share);
  maybe("voltage_floor", h.voltage_floor_share);
  maybe("memory_core", h.memory_core_share);
  maybe("context_clock", h.context_clock_share);
  maybe("hold", h.hold_seconds);
  maybe("leakage", h.leakage_watts_per_celsius);
  maybe("context_seconds", h.context_seconds);
  maybe("load_seconds", h.load_seconds);
  maybe("restore", h.restore_bytes_per_second);
  const double gain = drawn(draw, h.name + ".meter", {1, 1 - kMeterGain, 1 + kMeterGain, ""});
  ++ranges;
  const std::pair<const char*, std::optional<Coefficient>*> joules[] = {
      {"bare", &h.bare_watts},           {"context", &h.context_watts},
      {"settled", &h.settled_watts},     {"load_watts", &h.load_watts},
      {"gemm", &h.gemm_joules_per_flop}, {"attention", &h.attention_joules_per_flop},
      {"hbm", &h.joules_per_hbm_byte},   {"link", &h.joules_per_link_byte}};
  for (const auto& [key, c] : joules) {
    maybe(key, *c);
    if (*c) (*c)->value *= gain;
  }
  return ranges;
}

void draw_facility(const BandDraw& draw, Facility& f, FacilityData& data) {
  const double grid = drawn(draw, "grid", {1, 1 - kGridTables, 1 + kGridTables, ""});
  if (f.grams_per_kwh) *f.grams_per_kwh *= grid;
  for (double& grams : f.series.grams_per_kwh) grams *= grid;
  int ranges = 0;
  redraw(draw, "embodied.server", data.server_grams, ranges);
  for (auto& [name, board] : data.boards) {
    if (board.maker) redraw(draw, "embodied." + name, *board.maker, ranges);
    if (board.boavizta) redraw(draw, "boavizta." + name, *board.boavizta, ranges);
  }
}

double drawn_host_factor(const BandDraw& draw) {
  return drawn(draw, "host_overhead", {1, 0.8, 1.2, ""});
}

}  // namespace kvern
