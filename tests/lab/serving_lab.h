// A tiny cluster for tests: sane defaults, plus only the values a test is about.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/ledger.h"
#include "sim/records.h"

namespace kvern::lab {

struct LabRequest {
  SimTime arrival = 0;
  std::uint32_t prompt = 1;
  std::uint32_t output = 1;
  std::vector<std::uint32_t> blocks;
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  SimTime leaves = kNever;
  bool hangs_up = true;
  std::uint32_t max_tokens = 0;  // declared; 0: nothing is
  std::int32_t priority = 0;
  std::vector<std::uint32_t> answer;  // names of the blocks that fill while it is answered
};

// A tier below GPU memory.
struct LabTier {
  std::uint32_t blocks = 100;
  std::int64_t bytes_per_second = 1'000'000'000;
  SimTime latency = 1000;
  std::string eviction = "lru";
  std::string admission;  // "": all is kept
  std::string fetch = "always";
  bool write_through = false;
  bool prefetch = false;
};

struct Lab {
  std::vector<LabRequest> requests;
  std::string batching = "vllm_v1";                      // "vllm_v0(can_append=exact)"
  std::function<std::unique_ptr<Batching>()> scheduler;  // a test's own; empty: `batching`
  std::string eviction = "lru";
  std::string cache_admission;  // "": all is kept
  bool any_block = false;
  std::string routing = "least_loaded";
  std::string admission = "always";
  std::string cost = "affine(a=5 ms, b=8 us, c=12 us, d=47 ns)";
  std::string sleep = "never";
  std::uint32_t replicas = 1;
  std::uint32_t blocks = 1000;
  std::uint32_t block_size = 16;
  bool prefix_cache = false;
  std::string token_eviction;              // "": none
  std::uint32_t layers = 1, kv_heads = 1;  // of the model, for its sizes
  std::uint32_t block_bytes = 1000;
  std::vector<LabTier> tiers;       // nearest first; need a prefix cache
  std::vector<Incident> incidents;  // in order of time; without tiers
  bool simgrid = false;             // then run() once a process (child_run.h)
  bool stepwise = false;
  bool step_rows = false;
  Attribution attribution = Attribution::TokenShare;
  bool audit = false;
  bool joules = false;  // a made-up price of energy, so that attribution is exercised
  SimTime bucket = 0;
  SimTime stop = kNever;
  std::uint64_t seed = 1;
  bool self_checks = true;
};

// All that a run left behind, in the order it came.
struct Outcome : Records {
  std::vector<RequestRow> requests;
  std::vector<BucketRow> buckets;
  std::vector<StepRow> steps;
  std::vector<EvictionRow> evictions;
  std::vector<AuditRow> audits;
  std::vector<TransferRow> transfers;
  std::vector<Ledger> ledgers;
  Stopped stopped = Stopped::Drained;
  bool saw_outputs = false;  // Cluster::saw_outputs

  void request(const RequestRow& row) override { requests.push_back(row); }
  void bucket(const BucketRow& row) override { buckets.push_back(row); }
  void step(const StepRow& row) override { steps.push_back(row); }
  void eviction(const EvictionRow& row) override { evictions.push_back(row); }
  void audit(const AuditRow& row) override { audits.push_back(row); }
  void transfer(const TransferRow& row) override { transfers.push_back(row); }
};

ClusterSetup setup_of(const Lab& lab, Records& records);
std::unique_ptr<Outcome> run(const Lab& lab);

// Everything a run left, as text: equal texts are equal runs.
std::string text(const RequestRow& row);
std::string text(const StepRow& row);
std::string text(const BucketRow& row);
std::string text(const EvictionRow& row);
std::string text(const TransferRow& row);
std::string text(const Ledger& ledger);
std::string text(const Outcome& outcome, bool with_steps);

}  // namespace kvern::lab
