#include "analysis/summary/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kvern {

namespace {

// All that the formulas read: one pool, or the run (the pools' sums).
struct Scope {
  Ledger ledger;
  double seconds = 0;
  double block_ns = 0;           // sum over pools of blocks x replica time
  double used_blocks_share = 0;  // the most of any replica
  bool has_slo = false;
  std::uint64_t within_slo = 0;
  bool exact = true;
  std::array<Statistics, kLatencies> latencies{};
  std::vector<RunRecords::TenantTokens> tenants;
};

constexpr std::size_t kMostTenants = 64;  // more are a table, not a summary: records.h5

using Entries = std::vector<SummaryEntry>;

double number(Int128 value) { return static_cast<double>(value); }
double joules(Int128 picojoules) { return number(picojoules) * 1e-12; }

SummaryValue known(double value) {
  return std::isfinite(value) ? SummaryValue(value) : SummaryValue();
}

// Unknown where there is nothing to divide by.
SummaryValue ratio(double part, double whole) {
  return whole > 0 ? SummaryValue(part / whole) : SummaryValue();
}
SummaryValue ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

void add_requests(const Scope& s, Entries& out) {
  const Ledger& l = s.ledger;
  out.push_back({"requests_arrived", "requests", "arrived by the end of the run", l.arrived});
  out.push_back({"requests_finished", "requests", "gave their last token", l.finished});
  out.push_back(
      {"requests_rejected", "requests", "turned away on arrival or never able to run", l.rejected});
  out.push_back({"requests_failed", "requests", "given up after their first token", l.failed});
  out.push_back(
      {"requests_cancelled", "requests", "whose client was gone before the answer", l.cancelled});
  out.push_back({"requests_in_flight", "requests", "queued or running at the end", l.in_flight});
  out.push_back({"duration_s", "s", "from the first arrival to the last event", s.seconds});
  out.push_back({"tokens_prompt", "tokens", "prompts of the requests queued", l.prompt_tokens});
  out.push_back({"tokens_output", "tokens", "generated", l.output_tokens});
  out.push_back({"tokens_cached", "tokens", "prefix hits of first admissions", l.cached_tokens});
  out.push_back({"tokens_resumed", "tokens", "prefix hits of later admissions", l.resumed_tokens});
  out.push_back({"tokens_recomputed", "tokens", "computed before a preemption, and again",
                 l.recomputed_tokens});
}

void add_statistics(const std::string& stem, const Statistics& t, const char* what, Entries& out) {
  const auto add = [&](const char* statistic, const char* how, double ns) {
    out.push_back(
        {stem + "_" + statistic, "ms", fmt::format("{}: {}", what, how), known(ns * 1e-6)});
  };
  add("mean", "mean", t.mean);
  add("p50", "median", t.p50);
  add("p90", "90th percentile", t.p90);
  add("p99", "99th percentile", t.p99);
  add("p999", "99.9th percentile", t.p999);
  add("max", "largest", t.max);
}

void add_latencies(const Scope& s, Entries& out) {
  const auto of = [&](Latency latency) { return s.latencies[static_cast<std::size_t>(latency)]; };
  add_statistics("queue_ms", of(Latency::Queue),
                 "arrival to start of the admitting step, finished requests", out);
  add_statistics("ttft_ms", of(Latency::Ttft), "arrival to first token, finished requests", out);
  add_statistics("tpot_ms", of(Latency::Tpot),
                 "(finish - first token) / (output - 1), finished requests of 2 or more", out);
  add_statistics("itl_ms", statistics(s.ledger.itl), "every gap between tokens", out);
  add_statistics("e2e_ms", of(Latency::E2e), "arrival to last token, finished requests", out);
  out.push_back({"percentiles", "1",
                 "of queue, ttft, tpot, e2e: exact, or histogram (error 0.4 %); itl: histogram",
                 s.exact ? "exact" : "histogram"});
}

void add_throughput(const Scope& s, Entries& out) {
  const Ledger& l = s.ledger;
  const auto rate = [&](std::uint64_t count) {
    return ratio(static_cast<double>(count), s.seconds);
  };
  out.push_back({"requests_per_s", "requests/s", "finished a second", rate(l.finished)});
  out.push_back({"output_tokens_per_s", "tokens/s", "generated a second", rate(l.output_tokens)});
  out.push_back({"goodput_requests_per_s", "requests/s", "finished within all of [slo], a second",
                 s.has_slo ? rate(s.within_slo) : SummaryValue()});
  out.push_back({"slo_share", "share", "of the arrived: finished within all of [slo]; null without",
                 s.has_slo ? ratio(s.within_slo, l.arrived) : SummaryValue()});
  out.push_back({"steps", "steps", "engine steps", l.steps()});
  out.push_back({"steps_prefill", "steps", "with prefill only", l.steps_prefill});
  out.push_back({"steps_decode", "steps", "with decode only", l.steps_decode});
  out.push_back({"steps_mixed", "steps", "with both", l.steps_mixed});
  out.push_back(
      {"batch_sequences_mean", "sequences", "in a step", ratio(l.sequence_steps, l.steps())});
  out.push_back({"busy_share", "share", "of replica time in a step",
                 ratio(number(l.busy_ticks) / kTicksPerNs, static_cast<double>(l.replica_ns))});
}

void add_cache(const Scope& s, Entries& out) {
  const Ledger& l = s.ledger;
  out.push_back({"kv_blocks", "blocks", "of one replica (of the run: its largest pool's)",
                 std::uint64_t{l.blocks}});
  out.push_back({"kv_used_share_mean", "share", "of the blocks pinned by requests, over time",
                 ratio(number(l.used_block_ticks) / kTicksPerNs, s.block_ns)});
  out.push_back({"kv_used_share_max", "share", "the most of any replica at any time",
                 l.blocks > 0 ? SummaryValue(s.used_blocks_share) : SummaryValue()});
  out.push_back(
      {"preemptions", "1", "a running request stopped for want of blocks", l.preemptions});
  out.push_back(
      {"preempted_requests", "requests", "preempted at least once", l.preempted_requests});
  out.push_back({"block_lookups", "blocks", "named prompt blocks looked up at first admissions",
                 l.block_lookups});
  out.push_back({"block_hits", "blocks", "of these, found", l.block_hits});
  out.push_back(
      {"hit_ratio", "share", "block_hits / block_lookups", ratio(l.block_hits, l.block_lookups)});
  out.push_back({"prefix_hit_ratio", "share", "tokens_cached / prompt tokens of the admitted",
                 ratio(l.cached_tokens, l.admitted_prompt_tokens)});
  out.push_back({"evictions", "blocks", "cached blocks evicted", l.evictions});
  out.push_back({"regret", "share", "hits lost against the bound; needs --with-bound", {}});
}

void add_tenants(const Scope& s, Entries& out) {
  const std::string name = "prefix_hit_ratio_by_tenant";
  const char* what = "of finished requests, by tenant; null with one, or more than 64";
  Entries ratios;
  for (std::size_t tenant = 0; tenant < s.tenants.size(); ++tenant) {
    const auto& [prompt, cached] = s.tenants[tenant];
    if (prompt == 0) continue;  // nobody of that number came
    ratios.push_back({fmt::format("{}.{}", name, tenant), "share", what, ratio(cached, prompt)});
  }
  if (ratios.size() < 2 || ratios.size() > kMostTenants) ratios = {{name, "share", what, {}}};
  std::move(ratios.begin(), ratios.end(), std::back_inserter(out));
}

// Unknown where the pool has no tiers.
void add_tiers(const Scope& s, Entries& out) {
  const Ledger& l = s.ledger;
  TierCounts sum;
  for (const TierCounts& tier : l.tiers) {
    sum.hits += tier.hits;
    sum.hits_resumed += tier.hits_resumed;
    sum.bytes_fetched += tier.bytes_fetched;
    sum.bytes_written += tier.bytes_written;
  }
  const auto if_any = [&l](const SummaryValue& value) {
    return l.tiers.empty() ? SummaryValue() : value;
  };
  out.push_back({"tier_hits", "blocks", "fetched from lower tiers", if_any(sum.hits)});
  out.push_back({"tier_hit_ratio", "share", "tier_hits of first admissions / block_lookups",
                 if_any(ratio(sum.hits - sum.hits_resumed, l.block_lookups))});
  out.push_back(
      {"bytes_fetched", "B", "from lower tiers to GPU memory", if_any(sum.bytes_fetched)});
  out.push_back({"bytes_demoted", "B", "written to lower tiers", if_any(sum.bytes_written)});
  if (l.tiers.empty()) out.push_back({"tier_hits_by", "blocks", "by name of the tier", {}});
  for (const TierCounts& tier : l.tiers) {
    out.push_back({"tier_hits_by." + tier.name, "blocks", "by name of the tier", tier.hits});
  }
}

void add_energy(const Scope& s, Entries& out) {
  const Ledger& l = s.ledger;
  Int128 total = 0;
  for (const Int128 part : l.picojoules) total += part;
  const auto if_known = [&](const SummaryValue& value) {
    return l.energy_known ? value : SummaryValue();
  };
  const Int128 idle = l.picojoules[static_cast<std::size_t>(EnergyPart::Idle)];
  out.push_back({"energy_j", "J", "of the GPU boards, all replicas", if_known(joules(total))});
  out.push_back({"energy_j_per_output_token", "J/token", "energy_j / tokens_output",
                 if_known(ratio(joules(total), static_cast<double>(l.output_tokens)))});
  out.push_back({"energy_j_idle", "J", "between steps", if_known(joules(idle))});
  out.push_back({"energy_j_wasted", "J", "on tokens computed again and requests that failed",
                 if_known(joules(l.picojoules_wasted))});
  out.push_back({"wakes", "1", "a sleeping replica woke for a request", l.wakes});
  out.push_back({"asleep_share", "share", "of replica time asleep",
                 ratio(static_cast<double>(l.asleep_ns), static_cast<double>(l.replica_ns))});
  out.push_back({"power_w_mean", "W", "energy_j / duration_s, all GPU boards together",
                 if_known(ratio(joules(total), s.seconds))});
  if (!l.energy_known) out.push_back({"energy_j_by", "J", "by component", {}});
  for (int part = 0; l.energy_known && part < kEnergyParts; ++part) {
    out.push_back({fmt::format("energy_j_by.{}", name(static_cast<EnergyPart>(part))), "J",
                   "by component", joules(l.picojoules[static_cast<std::size_t>(part)])});
  }
}

// Null without an audit.
void add_phases(const Scope& s, Entries& out) {
  for (int phase = 0; phase < kEnergyPhases; ++phase) {
    Int128 sum = 0;
    for (const Int128 part : s.ledger.audited[static_cast<std::size_t>(phase)]) sum += part;
    out.push_back({fmt::format("energy_j_by_phase.{}", name(static_cast<EnergyPhase>(phase))), "J",
                   "of engine steps, with --audit",
                   s.ledger.audited_on ? SummaryValue(joules(sum)) : SummaryValue()});
  }
}

// Filled by those who know the building and the quality: unknown, not absent.
void add_beyond(Entries& out) {
  out.push_back({"energy_it_j", "J", "boards and hosts, fans and power supplies", {}});
  out.push_back({"energy_facility_j", "J", "IT x PUE: the building", {}});
  out.push_back(
      {"carbon_use_g", "g", "CO2e of the facility's energy, location-based, average", {}});
  out.push_back({"carbon_use_market_g", "g", "by the electricity that was bought", {}});
  out.push_back({"carbon_use_marginal_g", "g", "by the marginal intensity", {}});
  out.push_back({"carbon_embodied_g", "g", "CO2e of making boards and servers, their share", {}});
  out.push_back({"water_l", "L", "on site and in power plants", {}});
  out.push_back(
      {"adpe_kg", "kg", "metals and minerals of the electricity, antimony equivalent", {}});
  out.push_back({"energy_primary_mj", "MJ", "primary energy of the electricity", {}});
  out.push_back({"carbon_sources", "1", "tables behind the numbers beyond the boards", {}});
  out.push_back({"meter_energy_j", "J", "sum of the emulated meter's readings x period", {}});
  out.push_back({"meter_error_share", "share", "of it, against the boards' joules", {}});
  const auto year = [&out](const char* name, const char* what) {
    out.push_back({std::string("service.") + name, "g", what, {}});
  };
  year("servers_use_g", "a year of the service: electricity of the facility");
  year("servers_embodied_g", "a year: share of boards and servers");
  year("network_g", "a year: network");
  year("devices_use_g", "a year: electricity of users' devices");
  year("devices_embodied_g", "a year: share of users' devices");
  year("web_host_g", "a year: machines before the engines");
  year("training_g", "a year: share of making the model");
  year("total_g", "a year: all of these; null where one is unknown");
  year("g_per_request", "of the total");
  year("g_per_1000_tokens", "of the total, a thousand output tokens");
  out.push_back({"perplexity", "1", "from the work profile", {}});
  out.push_back({"worst_group_nll_increase_share", "share", "from the work profile", {}});
  out.push_back({"quality_model", "1", "the model of the work profile", {}});
}

Entries entries_of(const Scope& s) {
  Entries out;
  add_requests(s, out);
  add_latencies(s, out);
  add_throughput(s, out);
  add_cache(s, out);
  add_tenants(s, out);
  add_tiers(s, out);
  add_energy(s, out);
  add_phases(s, out);
  add_beyond(out);
  return out;
}

Entries identity(const RunFacts& facts, std::string fingerprint) {
  return {{"scenario", "1", "its name", facts.scenario},
          {"fingerprint", "1", "16 hex digits; equal: the same records", std::move(fingerprint)},
          {"seed", "1", "of all random draws", facts.seed},
          {"clairvoyant", "1",
           "what a server can't know decided something: a policy of the future, or the length of "
           "answers that declare no max_tokens",
           facts.clairvoyant},
          {"stopped", "1", "drained, stop (its time was up) or signal", facts.stopped}};
}

double used_share(const Ledger& ledger) {
  return ledger.blocks > 0 ? static_cast<double>(ledger.used_blocks_max) / ledger.blocks : 0;
}

Scope pool_scope(const RunFacts& facts, const Ledger& ledger, const RunRecords& records, int pool) {
  Scope s;
  s.ledger = ledger;
  s.seconds = static_cast<double>(facts.duration_ns) * 1e-9;
  s.block_ns = static_cast<double>(ledger.blocks) * static_cast<double>(ledger.replica_ns);
  s.used_blocks_share = used_share(ledger);
  s.has_slo = records.settings().slo.any();
  s.within_slo = records.within_slo(pool);
  s.exact = records.latencies().exact();
  s.tenants = records.tenants(pool);
  for (int i = 0; i < kLatencies; ++i) {
    s.latencies[static_cast<std::size_t>(i)] =
        records.latencies().of(static_cast<Latency>(i), pool);
  }
  return s;
}

// The run as one: what adds up is added, latencies are taken over all requests.
Scope run_scope(const std::vector<Scope>& pools, const RunRecords& records) {
  Scope s = pools.front();
  if (pools.size() == 1) return s;
  for (std::size_t i = 1; i < pools.size(); ++i) {
    s.ledger.add(pools[i].ledger);
    s.block_ns += pools[i].block_ns;
    s.used_blocks_share = std::max(s.used_blocks_share, pools[i].used_blocks_share);
    s.within_slo += pools[i].within_slo;
    const auto& tenants = pools[i].tenants;
    s.tenants.resize(std::max(s.tenants.size(), tenants.size()));
    for (std::size_t tenant = 0; tenant < tenants.size(); ++tenant) {
      s.tenants[tenant].prompt += tenants[tenant].prompt;
      s.tenants[tenant].cached += tenants[tenant].cached;
    }
  }
  for (int i = 0; i < kLatencies; ++i) {
    s.latencies[static_cast<std::size_t>(i)] = records.latencies().of(static_cast<Latency>(i));
  }
  return s;
}

}  // namespace

Summary make_summary(const RunFacts& facts, std::span<const Ledger> pools,
                     const RunRecords& records) {
  std::vector<Scope> scopes;
  Summary summary;
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    scopes.push_back(pool_scope(facts, pools[pool], records, static_cast<int>(pool)));
    summary.pools.push_back({records.settings().pools[pool], entries_of(scopes.back())});
  }
  summary.entries = identity(facts, records.fingerprint());
  Entries run = entries_of(run_scope(scopes, records));
  std::move(run.begin(), run.end(), std::back_inserter(summary.entries));
  return summary;
}

void put(std::vector<SummaryEntry>& entries, std::string_view name, const SummaryValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return;
  for (SummaryEntry& entry : entries) {
    if (entry.name == name) entry.value = value;
  }
}

const SummaryValue& value(const std::vector<SummaryEntry>& entries, std::string_view name) {
  static const SummaryValue unknown;
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const SummaryEntry& entry) { return entry.name == name; });
  return found != entries.end() ? found->value : unknown;
}

const SummaryValue& Summary::value(std::string_view name) const {
  return kvern::value(entries, name);
}

std::string describe_summary() {
  Scope any;
  any.ledger.energy_known = true;  // so that the components are listed
  any.ledger.tiers = {{"host"}};   // as an example
  Entries all = identity({}, {});
  for (SummaryEntry& entry : entries_of(any)) all.push_back(std::move(entry));
  std::string out =
      "summary.json (one object; unknown is null; a dot: a member of an object)\n"
      "pools: an array of objects with `name` and, of each pool, the names from requests_arrived "
      "on\n";
  for (const SummaryEntry& entry : all) {
    out += fmt::format("  {:<32} {:<10} {}\n", entry.name, entry.unit, entry.description);
  }
  return out;
}

}  // namespace kvern
