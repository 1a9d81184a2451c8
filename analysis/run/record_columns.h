// The columns of records.h5: one list a row type, in file order, from which come the file's
// layout, what is written and the text of `kvern describe records`. Others' scripts depend on the
// names and types: add columns at the end, never rename.
#pragma once

#include <string>
#include <type_traits>

#include "sim/base/io/hdf5/table_file.h"
#include "sim/records.h"

namespace kvern {

inline constexpr const char* kStatusCodes =
    "0 finished, 1 rejected, 2 failed, 3 in flight, 4 cancelled";
inline constexpr const char* kStepCodes = "0 prefill, 1 decode, 2 mixed";
inline constexpr const char* kTransferCodes =
    "0 handoff, 1 fetch, 2 demote, 3 swap out, 4 swap in, 5 migrate";

// Rows of /dictionary/phase: busy and idle, then those of an audit.
inline constexpr const char* kPhases[] = {"busy", "idle", "prefill", "decode", "wasted"};
enum PhaseRow : std::uint16_t { BusyPhase, IdlePhase, FirstAuditPhase };
inline std::uint16_t audit_phase(EnergyPhase phase) {
  return static_cast<std::uint16_t>(FirstAuditPhase + static_cast<int>(phase));
}

struct EnergyRow {
  std::uint16_t component = 0;
  std::uint16_t phase = 0;
  std::uint16_t pool = 0;
  std::int64_t energy_nj = 0;
};

struct MeterRow {
  SimTime time_ns = 0;
  std::uint16_t pool = 0;
  std::int64_t power_mw = 0;
};

// An AuditRow as columns.
struct RequestEnergyRow {
  std::uint32_t id = 0;
  std::uint16_t tenant = 0, pool = 0, phase = 0;
  std::int64_t attention = 0, mlp = 0, lm_head = 0, kv_read = 0, kv_write = 0, elementwise = 0,
               sampling = 0, collective = 0, host_gap = 0, transfer = 0, swap = 0;
};
RequestEnergyRow request_energy_row(const AuditRow& row);

struct TenantEnergyRow {
  std::uint16_t tenant = 0, pool = 0, phase = 0, component = 0;
  std::int64_t energy_nj = 0;
};

struct ItlRow {
  SimTime lower_ns = 0;
  std::uint64_t count = 0;
};

// Calls column(name, member, unit, description) for each column. Unit "1": a plain number.
template <class Column>
void each_column(std::type_identity<RequestRow>, Column&& column) {
  column("id", &RequestRow::id, "1", "row of the trace");
  column("status", &RequestRow::status, "1", kStatusCodes);
  column("pool", &RequestRow::pool, "1", "row of /dictionary/pool");
  column("replica", &RequestRow::replica, "1", "pools in file order, replicas within");
  column("tenant", &RequestRow::tenant, "1", "as the trace numbers them; 0 unknown");
  column("arrival_ns", &RequestRow::arrival_ns, "ns", "from the start of the scenario");
  column("first_scheduled_ns", &RequestRow::first_scheduled_ns, "ns",
         "start of the step that first admitted it; -1 never");
  column("first_token_ns", &RequestRow::first_token_ns, "ns",
         "end of the step of its first token; -1 never");
  column("finish_ns", &RequestRow::finish_ns, "ns",
         "last token, or dropped when cancelled; -1 never");
  column("prompt_tokens", &RequestRow::prompt_tokens, "tokens", "length of the prompt");
  column("output_tokens", &RequestRow::output_tokens, "tokens", "generated");
  column("cached_tokens", &RequestRow::cached_tokens, "tokens",
         "prefix hits of its first admission");
  column("resumed_tokens", &RequestRow::resumed_tokens, "tokens",
         "prefix hits of later admissions");
  column("recomputed_tokens", &RequestRow::recomputed_tokens, "tokens",
         "computed before a preemption, and again");
  column("preemptions", &RequestRow::preemptions, "1", "times it was stopped for want of blocks");
  column("energy_nj", &RequestRow::energy_nj, "nJ",
         "its share of the GPU boards' energy; -1 unknown");
}

template <class Column>
void each_column(std::type_identity<BucketRow>, Column&& column) {
  column("start_ns", &BucketRow::start_ns, "ns", "start of the bucket of simulated time");
  column("pool", &BucketRow::pool, "1", "row of /dictionary/pool");
  column("arrived", &BucketRow::arrived, "requests", "arrivals routed to the pool");
  column("finished", &BucketRow::finished, "requests", "finished");
  column("preemptions", &BucketRow::preemptions, "1", "requests stopped for want of blocks");
  column("evictions", &BucketRow::evictions, "blocks", "cached blocks evicted");
  column("running_max", &BucketRow::running_max, "requests", "most running on any one replica");
  column("waiting_max", &BucketRow::waiting_max, "requests", "most waiting at any one replica");
  column("blocks_used_max", &BucketRow::blocks_used_max, "blocks",
         "most pinned on any one replica");
  column("steps", &BucketRow::steps, "steps", "engine steps that ended in the bucket");
  column("prefill_tokens", &BucketRow::prefill_tokens, "tokens", "prompt tokens computed in them");
  column("decode_tokens", &BucketRow::decode_tokens, "tokens",
         "tokens generated in them by decodes");
  column("sequence_steps", &BucketRow::sequence_steps, "1",
         "sum over these steps of their sequences");
  column("kv_token_steps", &BucketRow::kv_token_steps, "tokens", "KV tokens read in them");
  column("busy_ns", &BucketRow::busy_ns, "ns", "time in these steps, over all replicas");
  column("energy_nj", &BucketRow::energy_nj, "nJ", "of the GPU boards; -1 unknown");
  column("blocks_resident_max", &BucketRow::blocks_resident_max, "blocks",
         "most pinned, or idle with content that may be hit, on any one replica");
}

template <class Column>
void each_column(std::type_identity<StepRow>, Column&& column) {
  column("replica", &StepRow::replica, "1", "pools in file order, replicas within");
  column("start_ns", &StepRow::start_ns, "ns", "from the start of the scenario");
  column("end_ns", &StepRow::end_ns, "ns", "from the start of the scenario");
  column("kind", &StepRow::kind, "1", kStepCodes);
  column("sequences", &StepRow::sequences, "sequences", "in the step's batch");
  column("prefill_tokens", &StepRow::prefill_tokens, "tokens", "prompt tokens computed");
  column("blocks_used", &StepRow::blocks_used, "blocks", "pinned during the step");
  column("running", &StepRow::running, "requests", "admitted");
  column("waiting", &StepRow::waiting, "requests", "queued at the replica");
  column("preempted", &StepRow::preempted, "requests", "stopped when the step was planned");
  column("kv_tokens_read", &StepRow::kv_tokens_read, "tokens", "cached tokens that attention read");
  column("energy_nj", &StepRow::energy_nj, "nJ", "of the replica's GPU boards; -1 unknown");
}

template <class Column>
void each_column(std::type_identity<EvictionRow>, Column&& column) {
  column("time_ns", &EvictionRow::time_ns, "ns", "when its place was needed");
  column("replica", &EvictionRow::replica, "1", "pools in file order, replicas within");
  column("tier", &EvictionRow::tier, "1", "0 GPU memory, then the pool's tiers, nearest first");
  column("block", &EvictionRow::block, "1", "slot of the KV pool");
  column("age_ns", &EvictionRow::age_ns, "ns", "since its last use ended");
}

template <class Column>
void each_column(std::type_identity<TransferRow>, Column&& column) {
  column("start_ns", &TransferRow::start_ns, "ns", "from the start of the scenario");
  column("end_ns", &TransferRow::end_ns, "ns", "from the start of the scenario");
  column("kind", &TransferRow::kind, "1", kTransferCodes);
  column("from", &TransferRow::from, "1", "replica");
  column("to", &TransferRow::to, "1", "replica");
  column("request", &TransferRow::request, "1",
         "row of the trace; 2^32 - 1 = blocks of no one request");
  column("bytes", &TransferRow::bytes, "B", "moved");
  column("energy_nj", &TransferRow::energy_nj, "nJ", "of the GPU boards; -1 unknown");
  column("tier", &TransferRow::tier, "1",
         "a fetch leaves it, a demotion reaches it: lower tiers from 1, nearest first; else 0");
}

template <class Column>
void each_column(std::type_identity<EnergyRow>, Column&& column) {
  column("component", &EnergyRow::component, "1", "row of /dictionary/component");
  column("phase", &EnergyRow::phase, "1", "row of /dictionary/phase");
  column("pool", &EnergyRow::pool, "1", "row of /dictionary/pool");
  column("energy_nj", &EnergyRow::energy_nj, "nJ", "of the GPU boards, rounded down");
}

template <class Column>
void each_column(std::type_identity<MeterRow>, Column&& column) {
  column("time_ns", &MeterRow::time_ns, "ns", "when the reading was renewed");
  column("pool", &MeterRow::pool, "1", "row of /dictionary/pool");
  column("power_mw", &MeterRow::power_mw, "mW", "as the boards' meters show it, their sum");
}

template <class Column>
void each_column(std::type_identity<RequestEnergyRow>, Column&& column) {
  using Row = RequestEnergyRow;
  column("id", &Row::id, "1", "row of the trace");
  column("tenant", &Row::tenant, "1", "as the trace numbers them; 0 unknown");
  column("pool", &Row::pool, "1", "row of /dictionary/pool");
  column("phase", &Row::phase, "1", "row of /dictionary/phase");
  column("attention_pj", &Row::attention, "pJ", "projections and attention's arithmetic");
  column("mlp_pj", &Row::mlp, "pJ", "gate, up, down");
  column("lm_head_pj", &Row::lm_head, "pJ", "last product");
  column("kv_read_pj", &Row::kv_read, "pJ", "cached keys and values read");
  column("kv_write_pj", &Row::kv_write, "pJ", "keys and values written");
  column("elementwise_pj", &Row::elementwise, "pJ", "norms, rotary embedding, activation");
  column("sampling_pj", &Row::sampling, "pJ", "logits to tokens");
  column("collective_pj", &Row::collective, "pJ", "between the GPUs of a replica");
  column("host_gap_pj", &Row::host_gap, "pJ", "the device waits for the host inside a step");
  column("transfer_pj", &Row::transfer, "pJ", "blocks between tiers or replicas");
  column("swap_pj", &Row::swap, "pJ", "blocks of preempted requests");
}

template <class Column>
void each_column(std::type_identity<TenantEnergyRow>, Column&& column) {
  column("tenant", &TenantEnergyRow::tenant, "1", "as the trace numbers them; 0 unknown");
  column("pool", &TenantEnergyRow::pool, "1", "row of /dictionary/pool");
  column("phase", &TenantEnergyRow::phase, "1", "row of /dictionary/phase");
  column("component", &TenantEnergyRow::component, "1", "row of /dictionary/component");
  column("energy_nj", &TenantEnergyRow::energy_nj, "nJ", "of the tenant's requests, rounded down");
}

template <class Column>
void each_column(std::type_identity<ItlRow>, Column&& column) {
  column("lower_ns", &ItlRow::lower_ns, "ns", "lower edge of a bucket of gaps between tokens");
  column("count", &ItlRow::count, "1", "gaps in the bucket, over all pools");
}

template <class Row>
TableSpec table_spec(const char* group) {
  TableSpec spec;
  spec.group = group;
  each_column(std::type_identity<Row>{},
              [&]<class T>(const char* name, T Row::*, const char* unit, const char* description) {
                spec.columns.push_back({name, column_type<T>(), unit, description});
              });
  return spec;
}

// What `kvern describe records` prints: groups, columns, types, units, meanings.
std::string describe_records();

}  // namespace kvern
