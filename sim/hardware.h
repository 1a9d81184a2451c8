// What a GPU is, as its data file says (models/hardware/<name>.toml). Plain data; numbers that are
// not known are absent, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kvern {

// A coefficient with its range (90 %, or as the source gives it) and where it comes from.
struct Coefficient {
  double value = 0;
  double low = 0;
  double high = 0;
  std::string source;
};

struct HardwareSpec {
  std::string name;        // "h100_sxm"
  std::string title;       // "NVIDIA H100 SXM5 80 GB"
  std::string cost_table;  // file of measured costs beside the data file; "" = none
  // Dense peaks at the boost clock, FLOP/s.
  double bf16_flops = 0;
  std::optional<double> fp8_flops;
  std::int64_t memory_bytes = 0;                  // as the driver reports it
  double memory_bytes_per_second = 0;             // peak
  std::optional<std::int64_t> l2_bytes;           // on-chip cache
  std::optional<double> nvlink_bytes_per_second;  // one direction, all links
  std::optional<Coefficient> all_reduce_seconds;  // fixed time of an all-reduce
  std::optional<Coefficient> link_efficiency;     // share of nvlink, or of pcie without it
  std::optional<double> pcie_bytes_per_second;    // one direction
  std::uint32_t sm_count = 0;
  double base_clock_mhz = 0;  // clock at which the efficiencies hold (the boost clock)
  double lowest_clock_mhz = 0;
  // Shares of the peaks that kernels reach.
  Coefficient gemm_efficiency;
  Coefficient attention_efficiency;  // prefill attention of long prompts, of FLOP/s
  // A query of prefill attention lasts as if it attended so many keys more: short prompts reach
  // less of the peak. Absent: none.
  std::optional<Coefficient> attention_start_keys;
  Coefficient memory_efficiency;            // streaming reads
  Coefficient decode_attention_efficiency;  // paged decode attention, of the bandwidth
  // Fixed time of one kernel in a captured graph, by kind.
  Coefficient gemm_seconds;
  Coefficient attention_seconds;
  Coefficient kernel_seconds;  // norms, rotary embedding, activation, sampling
  // Power. Absent where nobody measured.
  double power_cap_watts = 0;                            // the board's limit
  std::optional<Coefficient> bare_watts;                 // driver, no context
  std::optional<Coefficient> context_watts;              // idle with a context
  std::optional<Coefficient> gemm_joules_per_flop;       // bf16, at base clock
  std::optional<Coefficient> attention_joules_per_flop;  // bf16, at base clock
  std::optional<Coefficient> joules_per_hbm_byte;
  std::optional<Coefficient> joules_per_link_byte;
  // Idle: how long the context's watts last after a step, and what comes then.
  std::optional<Coefficient> hold_seconds;
  std::optional<Coefficient> settled_watts;
  // Idle power grows with the board's temperature; context_watts hold at this one.
  std::optional<Coefficient> leakage_watts_per_celsius;
  double leakage_at_celsius = 0;
  // Waking: making a context, loading a model, copying weights back from host memory.
  std::optional<Coefficient> context_seconds;
  std::optional<Coefficient> load_seconds;
  std::optional<Coefficient> load_watts;
  std::optional<Coefficient> restore_bytes_per_second;
  std::optional<Coefficient> joules_per_pcie_byte;  // to or from the host, on the board
  std::optional<Coefficient> cap_looseness;         // a step may draw cap * (1 + this)
  // What falls with the core's clock besides arithmetic; absent: nothing does.
  std::optional<Coefficient> memory_core_share;    // of joules_per_hbm_byte, on the core's rail
  std::optional<Coefficient> context_clock_share;  // of context_watts, drawn by running clocks
  // The core's voltage against its clock: flat below this share of base clock, at this share of
  // the voltage there; a straight line above.
  std::optional<Coefficient> voltage_knee_share;
  std::optional<Coefficient> voltage_floor_share;
};

}  // namespace kvern
