#include "models/hardware_file.h"

#include "sim/base/config/parameters.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

double number(Share x) { return x.value; }
double number(Watts x) { return x.value; }
double number(JoulesPerFlop x) { return x.value; }
double number(JoulesPerByte x) { return x.value; }
double number(double x) { return x; }
double number(BytesPerSecond x) { return x.value; }
double number(Duration x) { return static_cast<double>(x.ns) * 1e-9; }
double number(Ticks x) { return static_cast<double>(x.value) / kTicksPerNs * 1e-9; }

// key = { value = ..., low = ..., high = ..., source = "..." }, all four of them.
template <class T>
std::optional<Coefficient> find_coefficient(Parameters& parent, const char* key, const char* doc) {
  if (!parent.has(key)) return std::nullopt;
  Parameters p = parent.table(key, doc);
  Coefficient c;
  c.value = number(p.require<T>("value", "best estimate", kNonNegative));
  c.low = number(p.require<T>("low", "low end of the range", kNonNegative));
  c.high = number(p.require<T>("high", "high end of the range", kNonNegative));
  c.source = p.require<std::string>("source", "who measured it, or \"guess\"");
  if (c.low > c.value || c.value > c.high) p.error("value", "value lies outside low .. high");
  p.finish();
  return c;
}

template <class T>
Coefficient require_coefficient(Parameters& parent, const char* key, const char* doc) {
  if (auto c = find_coefficient<T>(parent, key, doc)) return *c;
  parent.error(key, std::string("missing key \"") + key + "\" in [" + parent.path() + "]");
  return {};
}

void read_compute(Parameters p, HardwareSpec& h) {
  h.bf16_flops = p.require<FlopPerSecond>("bf16", "dense peak, 16-bit floats", kPositive).value;
  if (auto fp8 = p.find<FlopPerSecond>("fp8", "dense peak, 8-bit floats", kPositive)) {
    h.fp8_flops = fp8->value;
  }
  h.sm_count = p.require<std::uint32_t>("sm_count", "multiprocessors", {1, 4096});
  h.base_clock_mhz =
      p.require<Megahertz>("clock", "SM clock at which the efficiencies hold", kPositive).value;
  h.lowest_clock_mhz = p.require<Megahertz>("lowest_clock", "lowest SM clock", kPositive).value;
  p.require<std::string>("source", "where these numbers come from");
  if (h.lowest_clock_mhz > h.base_clock_mhz) p.error("lowest_clock", "lowest_clock above clock");
  p.finish();
}

void read_memory(Parameters p, HardwareSpec& h) {
  h.memory_bytes = p.require<Bytes>("capacity", "as the driver reports it", kPositive).value;
  h.memory_bytes_per_second =
      p.require<BytesPerSecond>("bandwidth", "peak, reads and writes", kPositive).value;
  if (auto l2 = p.find<Bytes>("l2", "on-chip cache", kPositive)) h.l2_bytes = l2->value;
  p.require<std::string>("source", "where these numbers come from");
  p.finish();
}

void read_links(Parameters p, HardwareSpec& h) {
  if (auto rate = p.find<BytesPerSecond>("nvlink", "one direction, all links", kPositive)) {
    h.nvlink_bytes_per_second = rate->value;
  }
  if (auto rate = p.find<BytesPerSecond>("pcie", "one direction", kPositive)) {
    h.pcie_bytes_per_second = rate->value;
  }
  h.all_reduce_seconds =
      find_coefficient<Ticks>(p, "all_reduce", "fixed time of an all-reduce in the node");
  h.link_efficiency = find_coefficient<Share>(
      p, "efficiency", "share of nvlink (of pcie without it) of collectives");
  p.require<std::string>("source", "where these numbers come from");
  p.finish();
}

void read_efficiency(Parameters p, HardwareSpec& h) {
  h.gemm_efficiency = require_coefficient<Share>(p, "gemm", "of the peak FLOP/s, full tiles");
  h.attention_efficiency = require_coefficient<Share>(
      p, "attention", "prefill attention of long prompts, of the peak FLOP/s");
  h.attention_start_keys = find_coefficient<double>(
      p, "attention_start",
      "keys that each query of prefill attention costs beyond those it attends");
  h.memory_efficiency = require_coefficient<Share>(p, "memory", "streaming, of the bandwidth");
  h.decode_attention_efficiency =
      require_coefficient<Share>(p, "decode_attention", "paged KV reads, of the bandwidth");
  h.gemm_seconds = require_coefficient<Ticks>(p, "gemm_kernel", "fixed time of a GEMM kernel");
  h.attention_seconds =
      require_coefficient<Ticks>(p, "attention_kernel", "fixed time of an attention kernel");
  h.kernel_seconds = require_coefficient<Ticks>(p, "kernel", "fixed time of any other kernel");
  p.finish();
}

void read_power(Parameters p, HardwareSpec& h) {
  h.power_cap_watts = p.require<Watts>("cap", "the board's limit", kPositive).value;
  h.bare_watts = find_coefficient<Watts>(p, "bare", "driver loaded, no context");
  h.context_watts = find_coefficient<Watts>(p, "context", "idle with a context");
  h.gemm_joules_per_flop =
      find_coefficient<JoulesPerFlop>(p, "gemm", "executed 16-bit FLOP, at the clock above");
  h.attention_joules_per_flop =
      find_coefficient<JoulesPerFlop>(p, "attention", "FLOP of attention kernels");
  h.joules_per_hbm_byte = find_coefficient<JoulesPerByte>(p, "memory", "byte read or written");
  h.joules_per_link_byte = find_coefficient<JoulesPerByte>(p, "link", "byte sent over NVLink");
  h.joules_per_pcie_byte =
      find_coefficient<JoulesPerByte>(p, "pcie", "byte to or from the host, on the board");
  h.cap_looseness = find_coefficient<Share>(p, "cap_looseness", "a step may draw cap x (1 + this)");
  h.memory_core_share = find_coefficient<Share>(
      p, "memory_core",
      "share of memory that is drawn on the core's rail, so falls with the clock");
  h.context_clock_share = find_coefficient<Share>(
      p, "context_clock", "share of context that running clocks draw, so falls with them");
  h.voltage_knee_share =
      find_coefficient<Share>(p, "voltage_knee", "voltage is flat below this share of the clock");
  h.voltage_floor_share =
      find_coefficient<Share>(p, "voltage_floor", "voltage there, as a share of the highest");
  p.require<std::string>("source", "where the cap comes from");
  p.finish();
}

void read_states(Parameters p, HardwareSpec& h) {
  h.hold_seconds = find_coefficient<Duration>(p, "hold", "the context's watts after a step");
  h.settled_watts = find_coefficient<Watts>(p, "settled", "idle with a context after the hold");
  h.leakage_watts_per_celsius =
      find_coefficient<double>(p, "leakage", "watts of a context a degree Celsius");
  h.leakage_at_celsius = p.get("leakage_at", 0.0, "degrees Celsius at which context holds");
  h.context_seconds = find_coefficient<Duration>(p, "context", "time to make a context");
  h.load_seconds = find_coefficient<Duration>(p, "load", "time to load a model");
  h.load_watts = find_coefficient<Watts>(p, "load_power", "of the board while it loads");
  h.restore_bytes_per_second =
      find_coefficient<BytesPerSecond>(p, "restore", "weights from host memory, a GPU");
  if (h.hold_seconds.has_value() != h.settled_watts.has_value()) {
    p.error("hold", "hold and settled go together");
  }
  p.finish();
}

}  // namespace

std::optional<HardwareSpec> read_hardware(const Config& file, const std::string& name,
                                          Issues& issues) {
  const std::size_t before = issues.all().size();
  Parameters p(&file, "hardware " + name, issues);
  HardwareSpec h;
  h.name = name;
  h.title = p.require<std::string>("title", "name in full");
  read_compute(p.table("compute", "arithmetic"), h);
  read_memory(p.table("memory", "HBM or GDDR"), h);
  read_links(p.table("links", "NVLink (or the like) and PCIe"), h);
  read_efficiency(p.table("efficiency", "what kernels reach"), h);
  read_states(p.table("states", "idle, asleep, waking"), h);
  read_power(p.table("power", "watts and joules of the board"), h);
  p.finish();
  if (issues.all().size() > before) return std::nullopt;
  return h;
}

}  // namespace kvern
