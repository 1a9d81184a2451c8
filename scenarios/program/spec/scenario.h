// A whole scenario as plain values: what the reader found, before anything is built from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/summary/slo.h"
#include "models/coefficient_draws.h"
#include "models/facility.h"
#include "scenarios/program/validation/case_spec.h"
#include "sim/base/config/config.h"
#include "sim/base/config/parameters.h"
#include "sim/base/time.h"
#include "traces/generate/generated_arrivals.h"
#include "traces/replay/trace_replay.h"

namespace kvern {

// A policy's table (Parameters::policy) and its path, which names its random stream.
struct PolicySpec {
  Config table;
  std::string path;  // "pool.0.kv.eviction"
};

// [workload]: a recorded trace, or a generator.
struct Workload {
  std::optional<TraceReplay> replay;  // its block size is not known yet
  WorkloadSpec generator;             // without a replay
  std::vector<std::string> files;     // that the generator reads
};

// [[pool.kv.tier]]: below the GPUs' memory, nearest first.
struct TierSpec {
  Location where;
  std::string name;
  std::int64_t capacity_bytes = 0;  // of a replica
  double bytes_per_second = 0;
  SimTime latency_ns = 0;
  PolicySpec eviction;
  bool clairvoyant = false;
  PolicySpec admission;
  bool write_through = false;
  PolicySpec fetch;
  bool needs_joules = false;  // `fetch` does
  bool prefetch = false;
};

struct KvSpec {
  std::optional<std::uint32_t> blocks;  // absent: from memory_share
  Location blocks_where;
  double memory_share = 0.9;
  std::uint32_t block_size = 16;
  double bytes_per_value = 2;
  bool prefix_cache = false;
  PolicySpec eviction;
  std::optional<PolicySpec> token_eviction;
  std::string token_label;   // of it, in work profiles
  double token_budget = 0;   // 0: none
  std::string work_profile;  // a file; empty: none
  bool clairvoyant = false;  // an eviction policy needs to see the workload beforehand
  PolicySpec admission;
  bool any_block = false;
  std::vector<TierSpec> tiers;
};

struct PoolSpec {
  Location where;
  std::string name;
  std::string hardware;  // name or file; empty: none
  std::string model;
  double bytes_per_weight = 2;
  std::uint32_t tensor_parallel = 1;
  std::uint32_t data_parallel = 1;
  std::uint32_t expert_parallel = 1;
  std::uint32_t replicas = 1;
  bool unlimited_memory = false;  // weights and blocks may exceed the boards' memory
  std::optional<double> power_cap_watts;
  std::optional<double> clock_mhz;
  std::optional<double> celsius;
  std::optional<BandDraw> draw;  // coefficients drawn from their ranges
  PolicySpec sleep;
  PolicySpec step_cost;
  PolicySpec host_overhead;
  PolicySpec batching;
  KvSpec kv;
  // What these policies are like.
  bool sleeps = false;
  bool reads_cost_table = false;
};

struct RecordsSpec {
  bool requests = true;
  SimTime bucket = kSecond;  // 0: none
  bool steps = false;
  bool eviction_rows = false;
};

// [[sweep]]: the key takes each value in turn.
struct SweepSpec {
  Location where;
  std::string key;
  std::vector<Config> values;
};

// [[expect]]: a claim about the summary.
struct ExpectSpec {
  Location where;
  std::string metric;
  Config value;
  std::optional<Config> tolerance;
  std::string sense;  // "within", "at_least", "at_most"
  std::string source;
  std::string peers;           // errors of other simulators on the same
  std::string known;           // why it is missed today; "" = it must not be
  std::optional<Config> at;    // `where`: the sweep points it speaks of
  std::optional<Config> over;  // then the value is a ratio
};

struct PaperSpec {
  std::string title, id, what, not_reproduced;
};

struct Scenario {
  std::string name;
  std::uint64_t seed = 1;
  bool simgrid = true;  // else the plain timeline
  SimTime stop = kNever;
  Workload workload;
  Slo slo;
  PolicySpec routing;
  PolicySpec admission;
  PolicySpec incidents;
  std::vector<PoolSpec> pools;
  std::string attribution;  // "token_share", "equal_share"
  Facility facility;
  std::string meter;  // "off", "instant", "average"
  double meter_gain = 1;
  std::optional<BandDraw> draw;
  RecordsSpec records;
  std::optional<PaperSpec> paper;
  std::vector<ExpectSpec> expects;
  std::vector<SweepSpec> sweeps;
  std::optional<CaseSpec> validation;  // [case]
  std::vector<MeasuredSpec> measured;
  KeyBook book;  // every key, for scenario.resolved.toml

  void set_draw(const BandDraw& with) {
    draw = with;
    for (PoolSpec& pool : pools) pool.draw = with;
  }
};

}  // namespace kvern
