#include "scenarios/program/read/scenario_reader.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "analysis/run/run_files.h"
#include "policies/admission.h"
#include "policies/batching.h"
#include "policies/incidents.h"
#include "policies/routing.h"
#include "scenarios/program/build/pool_assembly.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/facility_reader.h"
#include "scenarios/program/read/policy_key.h"

namespace kvern {
namespace {

void read_top(Parameters& p, const std::string& file, Scenario& scenario) {
  const std::string stem = std::filesystem::path(file).stem().string();
  scenario.name = p.get("name", stem.c_str(), "names the run folder");
  check_folder_name(p, scenario.name);
  scenario.seed = static_cast<std::uint64_t>(
      p.get("seed", std::int64_t{1}, "of every random stream", kNonNegative));
  scenario.simgrid =
      p.choice("timeline", "simgrid", {"simgrid", "plain"},
               "who ends data transfers: SimGrid, or our uncontended reference") == "simgrid";
  if (const auto stop = p.find<Duration>("stop",
                                         "simulated time at which the run ends; absent: "
                                         "when all requests are done",
                                         kPositive)) {
    scenario.stop = stop->ns;
  }
}

Slo read_slo(Parameters p) {
  Slo slo;
  const auto limit = [&p](const char* key, const char* doc) -> std::optional<SimTime> {
    const auto value = p.find<Duration>(key, doc, kPositive);
    return value ? std::optional(value->ns) : std::nullopt;
  };
  slo.ttft_ns = limit("ttft", "longest time from arrival to the first token");
  slo.tpot_ns = limit("tpot", "longest mean time between tokens after the first");
  slo.e2e_ns = limit("e2e", "longest time from arrival to the last token");
  p.finish();
  return slo;
}

void read_router(Parameters p, Scenario& scenario) {
  scenario.routing = read_policy(p, "policy", routing::kUsual, "which replica takes a request",
                                 routing::table(), "routing");
  scenario.admission = read_policy(p, "admission", admission::kUsual, "whether a request is let in",
                                   admission::table(), "admission");
  p.finish();
}

RecordsSpec read_records(Parameters p) {
  RecordsSpec records;
  records.requests = p.get("requests", true, "a row a request in records.h5");
  records.bucket =
      p.get("bucket", Duration{kSecond}, "a row a pool and this much time; 0 s: none").ns;
  if (records.bucket > 0 && records.bucket < kMillisecond) {
    p.error("bucket", "this bucket is too short", "\"1 ms\" is the shortest, \"0 s\" is none");
  }
  records.steps = p.get("steps", false, "a row a step: slower");
  records.eviction_rows = p.choice("evictions", "counts", {"counts", "rows"},
                                   "evictions: counted, or a row each") == "rows";
  p.finish();
  return records;
}

void read_cluster(Parameters p, Scenario& scenario) {
  scenario.incidents =
      read_policy(p, "incidents", incidents::kUsual, "what befalls the replicas, and when",
                  incidents::table(), "incidents");
  p.finish();
}

// A meter and a series of intensities read the time buckets.
void check_time_buckets(Parameters& top, const Scenario& scenario) {
  const SimTime bucket = scenario.records.bucket;
  if (scenario.meter != "off" && bucket == 0) {
    top.error("records", "a meter needs time buckets", "[records] bucket = \"1 s\"");
  }
  const SimTime step = scenario.facility.series.step;
  if (step > 0 && (bucket == 0 || step % bucket != 0)) {
    top.error("records", "a step of intensity_series must be whole time buckets",
              "[records] bucket = \"1 s\"");
  }
}

constexpr std::size_t kMostPools = 256;

void read_pools(Parameters& top, const std::string& file, Scenario& scenario) {
  std::set<std::string> names;
  std::uint64_t replicas = 0;
  for (Parameters& pool : top.tables("pool", "replicas of one kind")) {
    if (scenario.pools.size() == kMostPools) {
      pool.error("", fmt::format("more than {} pools", kMostPools),
                 "replicas of one kind are one pool");
      break;
    }
    const std::size_t issues_before = top.issues().all().size();
    scenario.pools.push_back(read_pool(pool, file));
    const PoolSpec& spec = scenario.pools.back();
    replicas += spec.replicas;
    if (!names.insert(spec.name).second) {
      pool.error("name", fmt::format("two pools have the name \"{}\"", spec.name));
    }
    // Whether its parts go together is told now too, with the rest; built again for the run.
    const bool sound = top.issues().all().size() == issues_before;
    if (sound) assemble_pool(spec, "token_share", top.issues());
  }
  if (scenario.pools.empty() && (!top.has("pool") || !top.issues().any_error())) {
    top.error("", "there is no [[pool]]", "a scenario needs one at least");
  }
  if (replicas > 65'535)
    top.error("pool", fmt::format("{} replicas are too many", replicas),
              "65535 at most over all pools");
}

void check_incidents(const Scenario& scenario, Issues& issues) {
  if (scenario.incidents.table.members.empty()) return;
  const auto incidents = make_again(incidents::table(), "incidents", scenario.incidents);
  if (incidents == nullptr || incidents->next_time() == kNever) return;
  std::uint32_t replicas = 0;
  for (const PoolSpec& pool : scenario.pools) {
    replicas += pool.replicas;
    if (pool.kv.tiers.empty()) continue;
    issues.error(pool.where,
                 fmt::format("pool \"{}\": what a failure leaves of memory tiers and of the moves "
                             "between them is not built yet",
                             pool.name),
                 "leave out its tiers, or [cluster] incidents");
  }
  const std::string refusal = incidents->prepare(replicas);
  if (!refusal.empty()) issues.error(scenario.incidents.table.where, refusal);
}

// An end that no max_tokens tells costs one step more where the next one is planned ahead.
void check_planned_ends(const Scenario& scenario, Issues& issues) {
  const Workload& workload = scenario.workload;
  if (!(workload.replay ? workload.replay->max_tokens : workload.generator.max_tokens)) return;
  for (const PoolSpec& pool : scenario.pools) {
    if (pool.batching.table.members.empty()) continue;
    const auto batching = make_again(batching::table(), "batching", pool.batching);
    if (batching == nullptr || !batching->plans_ahead()) continue;
    issues.error(pool.where,
                 fmt::format("pool \"{}\": with async_scheduling an answer that ends before its "
                             "max_tokens runs a step too many, which is not built yet",
                             pool.name),
                 "leave out max_tokens in [workload], or async_scheduling");
  }
}

}  // namespace

void check_folder_name(Parameters& p, const std::string& name) {
  if (is_folder_name(name)) return;
  constexpr std::size_t kShown = 60;
  const std::string shown = name.size() > kShown ? name.substr(0, kShown) + "..." : name;
  p.error("name", fmt::format("the name \"{}\" does not make a folder name", shown),
          "use letters, digits, \"_\", \"-\" and \".\", at most 100, and no \".\" in front");
}

std::string path_beside(Parameters& p, std::string_view key, const std::string& name,
                        const std::string& file) {
  const bool in_file = p.where(key).file == file;
  const std::filesystem::path base =
      in_file ? std::filesystem::path(file).parent_path() : std::filesystem::path();
  const std::filesystem::path path = named_path(name, std::filesystem::current_path() / base);
  std::error_code unreadable;
  if (in_data_folder(name) && !std::filesystem::exists(path, unreadable)) {
    p.error(key, fmt::format("there is no file \"{}\"", name), missing_data_hint(name));
  }
  return path.lexically_normal().string();
}

Scenario read_scenario_keys(const Config& root, const std::string& file, Issues& issues) {
  Scenario scenario;
  Parameters top(&root, "", issues, &scenario.book);
  read_top(top, file, scenario);
  if (!top.has("workload")) {
    top.error("", "there is no [workload]", "give it a trace, or arrivals and lengths");
  }
  scenario.workload = read_workload(top.table("workload", "what arrives"), file, scenario.seed,
                                    scenario.stop != kNever);
  scenario.slo = read_slo(top.table("slo", "the service-level objective behind goodput"));
  read_router(top.table("router", "who gets a request"), scenario);
  read_cluster(top.table("cluster", "what the replicas go through"), scenario);
  read_pools(top, file, scenario);
  check_incidents(scenario, top.issues());
  read_energy(top.table("energy", "attribution and facility"), file, scenario);
  scenario.records = read_records(top.table("records", "what records.h5 holds"));
  check_planned_ends(scenario, top.issues());
  check_time_buckets(top, scenario);
  scenario.paper = read_paper(top);
  scenario.expects = read_expects(top);
  scenario.sweeps = read_sweeps(top);
  scenario.validation = read_case(top, file);
  scenario.measured = read_measured(top, file);
  top.refuse("link", "pools do not send KV blocks to each other so far");
  top.refuse("guard", "no guard acts so far");
  top.refuse("attention", "kvern run and kvern reproduce run scenarios with [attention]");
  top.finish();
  return scenario;
}

std::optional<Scenario> read_scenario(const Config& root, const std::string& file, Issues& issues) {
  Scenario scenario = read_scenario_keys(root, file, issues);
  if (issues.any_error()) return std::nullopt;
  return scenario;
}

}  // namespace kvern
