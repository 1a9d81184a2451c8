// The columns of records.h5: one list a row type, in file order, from which come the file's
// layout, what is written and the text of `kvern describe records`. Others' scripts depend on the
// names and types: add columns at the end, never rename.
#pragma once

#include <string>

#include "sim/base/table_file.h"
#include "sim/records.h"

namespace kvern {

inline constexpr const char* kStatusCodes = "0 finished, 1 rejected, 2 failed, 3 in flight";
inline constexpr const char* kStepCodes = "0 prefill, 1 decode, 2 mixed";
inline constexpr const char* kTransferCodes =
    "0 handoff, 1 fetch, 2 demote, 3 swap out, 4 swap in, 5 migrate";

struct EnergyRow {
  std::uint16_t component = 0;
  std::uint16_t phase = 0;
  std::uint16_t pool = 0;
  std::int64_t energy_nj = 0;
};

struct ItlRow {
  SimTime lower_ns = 0;
  std::uint64_t count = 0;
};

// Calls column(name, value, unit, description) for each column. Unit "1": a plain number.
template <class Column>
void each_column(const RequestRow& r, Column&& column) {
  column("id", r.id, "1", "row of the trace");
  column("status", r.status, "1", kStatusCodes);
  column("pool", r.pool, "1", "row of /dictionary/pool");
  column("replica", r.replica, "1", "pools in file order, replicas within");
  column("tenant", r.tenant, "1", "as the trace numbers them; 0 unknown");
  column("arrival_ns", r.arrival_ns, "ns", "from the start of the scenario");
  column("first_scheduled_ns", r.first_scheduled_ns, "ns",
         "start of the step that first admitted it; -1 never");
  column("first_token_ns", r.first_token_ns, "ns", "end of the step of its first token; -1 never");
  column("finish_ns", r.finish_ns, "ns", "last token, rejection or failure; -1 never");
  column("prompt_tokens", r.prompt_tokens, "tokens", "length of the prompt");
  column("output_tokens", r.output_tokens, "tokens", "generated");
  column("cached_tokens", r.cached_tokens, "tokens", "prefix hits of its first admission");
  column("resumed_tokens", r.resumed_tokens, "tokens", "prefix hits of later admissions");
  column("recomputed_tokens", r.recomputed_tokens, "tokens",
         "computed before a preemption, and again");
  column("preemptions", r.preemptions, "1", "times it was stopped for want of blocks");
  column("energy_nj", r.energy_nj, "nJ", "its share of the GPU boards' energy; 0 if unknown");
}

template <class Column>
void each_column(const BucketRow& b, Column&& column) {
  column("start_ns", b.start_ns, "ns", "start of the bucket of simulated time");
  column("pool", b.pool, "1", "row of /dictionary/pool");
  column("arrived", b.arrived, "requests", "arrivals routed to the pool");
  column("finished", b.finished, "requests", "finished");
  column("preemptions", b.preemptions, "1", "requests stopped for want of blocks");
  column("evictions", b.evictions, "blocks", "cached blocks evicted");
  column("running_max", b.running_max, "requests", "most running on any one replica");
  column("waiting_max", b.waiting_max, "requests", "most waiting at any one replica");
  column("blocks_used_max", b.blocks_used_max, "blocks", "most pinned on any one replica");
  column("steps", b.steps, "steps", "engine steps that ended in the bucket");
  column("prefill_tokens", b.prefill_tokens, "tokens", "prompt tokens computed in them");
  column("decode_tokens", b.decode_tokens, "tokens", "tokens generated in them by decodes");
  column("sequence_steps", b.sequence_steps, "1", "sum over these steps of their sequences");
  column("kv_token_steps", b.kv_token_steps, "tokens", "KV tokens read in them");
  column("busy_ns", b.busy_ns, "ns", "time in these steps, over all replicas");
  column("energy_nj", b.energy_nj, "nJ", "of the GPU boards; 0 if unknown");
}

template <class Column>
void each_column(const StepRow& s, Column&& column) {
  column("replica", s.replica, "1", "pools in file order, replicas within");
  column("start_ns", s.start_ns, "ns", "from the start of the scenario");
  column("end_ns", s.end_ns, "ns", "from the start of the scenario");
  column("kind", s.kind, "1", kStepCodes);
  column("sequences", s.sequences, "sequences", "in the step's batch");
  column("prefill_tokens", s.prefill_tokens, "tokens", "prompt tokens computed");
  column("blocks_used", s.blocks_used, "blocks", "pinned during the step");
  column("running", s.running, "requests", "admitted");
  column("waiting", s.waiting, "requests", "queued at the replica");
  column("preempted", s.preempted, "requests", "stopped when the step was planned");
  column("kv_tokens_read", s.kv_tokens_read, "tokens", "cached tokens that attention read");
  column("energy_nj", s.energy_nj, "nJ", "of the replica's GPU boards; 0 if unknown");
}

template <class Column>
void each_column(const EvictionRow& e, Column&& column) {
  column("time_ns", e.time_ns, "ns", "when its place was needed");
  column("replica", e.replica, "1", "pools in file order, replicas within");
  column("tier", e.tier, "1", "0 GPU memory, then the pool's tiers, nearest first");
  column("block", e.block, "1", "slot of the KV pool");
  column("age_ns", e.age_ns, "ns", "since its last use ended");
}

template <class Column>
void each_column(const TransferRow& t, Column&& column) {
  column("start_ns", t.start_ns, "ns", "from the start of the scenario");
  column("end_ns", t.end_ns, "ns", "from the start of the scenario");
  column("kind", t.kind, "1", kTransferCodes);
  column("from", t.from, "1", "replica");
  column("to", t.to, "1", "replica");
  column("request", t.request, "1", "row of the trace");
  column("bytes", t.bytes, "B", "moved");
  column("energy_nj", t.energy_nj, "nJ", "of the link and both ends; 0 if unknown");
}

template <class Column>
void each_column(const EnergyRow& e, Column&& column) {
  column("component", e.component, "1", "row of /dictionary/component");
  column("phase", e.phase, "1", "row of /dictionary/phase");
  column("pool", e.pool, "1", "row of /dictionary/pool");
  column("energy_nj", e.energy_nj, "nJ", "of the GPU boards, rounded down");
}

template <class Column>
void each_column(const ItlRow& i, Column&& column) {
  column("lower_ns", i.lower_ns, "ns", "lower edge of a bucket of gaps between tokens");
  column("count", i.count, "1", "gaps in the bucket, over all pools");
}

template <class Row>
TableSpec table_spec(const char* group) {
  TableSpec spec;
  spec.group = group;
  each_column(Row{}, [&](const char* name, auto value, const char* unit, const char* description) {
    spec.columns.push_back({name, column_type<decltype(value)>(), unit, description});
  });
  return spec;
}

template <class Row>
void put_row(Table& table, const Row& row) {
  std::size_t i = 0;
  each_column(row,
              [&](const char*, auto value, const char*, const char*) { table.put(i++, value); });
  table.end_row();
}

// What `kvern describe records` prints: groups, columns, types, units, meanings.
std::string describe_records();

}  // namespace kvern
