#include "scenarios/program/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <vector>

#include "analysis/run/run_folder.h"
#include "analysis/run/run_records.h"
#include "scenarios/program/build/assembly.h"
#include "scenarios/program/build/cache_file.h"
#include "scenarios/program/build/origin.h"
#include "scenarios/program/run/bound.h"
#include "scenarios/program/run/facility_summary.h"
#include "scenarios/program/run/memory_claim.h"
#include "scenarios/program/run/meter_feed.h"
#include "scenarios/program/run/resolved.h"
#include "scenarios/program/terminal/progress.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/digest.h"
#include "sim/base/io/output_file.h"
#include "sim/base/outside_error.h"
#include "sim/law.h"

namespace kvern {
namespace {

RunRecords::Settings record_settings(const Scenario& scenario, const RunFolder& folder,
                                     bool audit) {
  RunRecords::Settings settings;
  for (const PoolSpec& pool : scenario.pools) settings.pools.push_back(pool.name);
  settings.slo = scenario.slo;
  settings.file = folder.file("records.h5");
  settings.requests = scenario.records.requests;
  settings.buckets = scenario.records.bucket > 0;
  settings.steps = scenario.records.steps;
  settings.evictions = scenario.records.eviction_rows;
  settings.audit = audit;
  settings.meter = scenario.meter != "off";
  settings.energy_step = scenario.facility.series.step;
  return settings;
}

std::string manifest_of(const Scenario& scenario, const std::vector<std::string>& inputs,
                        const std::string& fingerprint, bool clairvoyant, bool warm,
                        const std::vector<std::string>& notes) {
  Manifest manifest;
  manifest.version = program_version();
  manifest.libraries = linked_libraries();
  manifest.scenario = scenario.name;
  manifest.seed = scenario.seed;
  for (const std::string& path : inputs) manifest.inputs.push_back({path, sha256_of_file(path)});
  manifest.fingerprint = fingerprint;
  manifest.clairvoyant = clairvoyant;
  manifest.warm = warm;
  manifest.notes = notes;
  return manifest_toml(manifest);
}

void connect(Assembly& assembly, const Scenario& scenario, const RunOptions& options,
             RunRecords& records, Progress& progress) {
  ClusterSetup& setup = assembly.setup;
  setup.records = &records;
  setup.stop = scenario.stop;
  setup.bucket = scenario.records.bucket;
  setup.stepwise = options.stepwise;
  setup.audit = options.audit;
  setup.step_rows = scenario.records.steps;
  setup.eviction_rows = scenario.records.eviction_rows;
#ifdef KVERN_SELF_CHECKS
  setup.self_checks = true;
#endif
  setup.interrupted = &interrupted();
  if (options.progress) {
    setup.progress = [&progress](SimTime now, std::uint64_t arrived) {
      progress.show(now, arrived);
    };
  }
}

void set_quality(std::vector<SummaryEntry>& entries, const MeasuredQuality& quality) {
  put(entries, "perplexity", quality.perplexity);
  put(entries, "worst_group_nll_increase_share", quality.worst_group_increase);
  put(entries, "quality_model", quality.model);
}

// Of the run as a whole where all of its pools have the same.
void add_quality(const std::vector<std::optional<MeasuredQuality>>& quality, Summary& summary) {
  bool same = true;
  for (std::size_t i = 0; i < quality.size(); ++i) {
    same = same && quality[i] == quality[0];
    if (quality[i]) set_quality(summary.pools[i].entries, *quality[i]);
  }
  if (same && quality[0]) set_quality(summary.entries, *quality[0]);
}

// The caches begin with what the file holds. False with issues when it does not fit.
bool warm_up(Assembly& assembly, const Scenario& scenario, const std::string& file,
             Issues& issues) {
  auto caches = load_caches(file, scenario, issues);
  if (!caches) return false;
  assembly.setup.warm = std::move(*caches);
  assembly.inputs.push_back(file);
  return true;
}

// Law 3, and the table.
std::string audit_of(const Scenario& scenario, const std::vector<Ledger>& ledgers,
                     const RunRecords& records, SimTime end) {
  const bool known = std::any_of(ledgers.begin(), ledgers.end(),
                                 [](const Ledger& ledger) { return ledger.audited_on; });
  if (!known) return "audit: joules are unknown (a step cost without work, or no coefficients)\n";
  const std::string broken = records.audited().broken_law(ledgers);
  if (!broken.empty()) throw LawBroken(3, end, broken);
  return audit_table(ledgers, records.audited(), scenario.attribution);
}

struct PoolPrices {
  std::string pool;
  const StepCost* cost = nullptr;
  const Power* power = nullptr;
};

std::vector<PoolPrices> prices_of(const ClusterSetup& setup) {
  std::vector<PoolPrices> prices;
  for (const PoolSetup& pool : setup.pools) {
    prices.push_back({pool.name, pool.step_cost.get(), pool.power.get()});
  }
  return prices;
}

// What the prices leave open goes beside the results, not into them.
void print_notes(const std::vector<PoolPrices>& prices) {
  for (const PoolPrices& each : prices) {
    for (const std::string& note : {each.cost->note(), each.power->note()}) {
      if (note.empty()) continue;
      std::fprintf(stderr, "note: pool \"%s\": %s\n", each.pool.c_str(), note.c_str());
    }
  }
}

// Where the prompts were longer than the texts that quality was measured on.
std::vector<std::string> quality_notes(const Scenario& scenario,
                                       const std::vector<std::optional<MeasuredQuality>>& quality,
                                       const RunRecords& records) {
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < quality.size(); ++i) {
    if (!quality[i]) continue;
    std::string note = beyond_texts(scenario.pools[i], *quality[i], records.longest_prompt(i));
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

void print_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::fprintf(stderr, "note: %s\n", note.c_str());
}

// A saved cache is that of GPU memory alone.
bool refuse_tiers(const Scenario& scenario, const RunOptions& options, Issues& issues) {
  if (options.save_cache.empty() && options.load_cache.empty()) return false;
  for (const PoolSpec& pool : scenario.pools) {
    if (pool.kv.tiers.empty()) continue;
    issues.error(pool.kv.tiers.front().where, "a cache with tiers can't be saved or loaded",
                 "a cache file holds the blocks of GPU memory alone");
    return true;
  }
  return false;
}

const char* word(Stopped stopped) {
  if (stopped == Stopped::Stop) return "stop";
  return stopped == Stopped::Signal ? "signal" : "drained";
}

// The width of the buckets is the user's to mend.
Stopped run_to_end(Cluster& cluster, Issues& issues) {
  try {
    return cluster.run();
  } catch (const TooManyBuckets& error) {
    issues.error({}, std::string("records.bucket: ") + error.what(), "make it wider, or \"0 s\"");
    return Stopped::Signal;
  }
}

// The run itself: what it says of itself, and a ledger a pool. False when there were issues.
bool simulate(Assembly& assembly, const Scenario& scenario, const RunOptions& options,
              RunRecords& records, MeterFeed& meter, RunFacts& facts, std::vector<Ledger>& ledgers,
              Issues& issues) {
  Progress progress(assembly.requests);
  connect(assembly, scenario, options, records, progress);
  assembly.setup.power_bins = meter.bins();
  assembly.setup.power_records = &meter;
  const std::vector<PoolPrices> prices = prices_of(assembly.setup);
  Cluster cluster(std::move(assembly.setup));
  const Stopped stopped = run_to_end(cluster, issues);
  if (issues.any_error()) return false;
  if (!cluster.arrivals_failure().empty()) throw OutsideError(cluster.arrivals_failure());
  for (std::size_t i = 0; i < cluster.pools(); ++i) ledgers.push_back(cluster.ledger(i));
  facts.stopped = word(stopped);
  if (!options.save_cache.empty() && stopped != Stopped::Signal) {
    save_caches(options.save_cache, scenario, cluster.unload_caches());
  }
  facts.clairvoyant = cluster.saw_outputs();
  if (options.notes) print_notes(prices);
  if (cluster.first_arrival() != kNever) {
    facts.duration_ns = cluster.last_event() - cluster.first_arrival();
  }
  return true;
}

std::optional<RunOutcome> run_within_memory(const Scenario& scenario, const RunOptions& options,
                                            Issues& issues) {
  if (refuse_tiers(scenario, options, issues)) return std::nullopt;
  if (!fits_memory(scenario, issues)) return std::nullopt;
  // Told now, not after the run.
  if (!options.save_cache.empty()) OutputFile(options.save_cache, "saved cache");
  auto assembly = assemble(scenario, issues);
  if (!assembly) return std::nullopt;
  const bool warm = !options.load_cache.empty();
  if (warm && !warm_up(*assembly, scenario, options.load_cache, issues)) return std::nullopt;
  assembly->setup.save_cache = !options.save_cache.empty();
  const std::string resolved = resolved_toml(scenario.book, options.as_point);
  RunFolder folder((std::filesystem::path(options.out) /
                    RunFolder::name(scenario.name + (warm ? "-warm" : ""), resolved))
                       .string());
  if (!folder.left_over().empty()) std::fprintf(stderr, "%s\n", folder.left_over().c_str());
  folder.write("scenario.resolved.toml", resolved);

  RunRecords records(record_settings(scenario, folder, options.audit));
  MeterFeed meter(scenario, records);
  std::vector<Ledger> ledgers;
  RunFacts facts;
  if (!simulate(*assembly, scenario, options, records, meter, facts, ledgers, issues)) {
    return std::nullopt;
  }
  facts.scenario = scenario.name;
  facts.seed = scenario.seed;
  facts.clairvoyant = facts.clairvoyant || looks_ahead(scenario);
  const bool complete = facts.stopped != "signal";
  records.finish(ledgers, complete);

  RunOutcome outcome;
  if (options.audit) outcome.audit = audit_of(scenario, ledgers, records, facts.duration_ns);
  outcome.interrupted = !complete;
  outcome.summary = make_summary(facts, ledgers, records);
  add_facility(scenario, records, facts.duration_ns, outcome.summary);
  add_meter(meter, outcome.summary);
  add_quality(assembly->quality, outcome.summary);
  const std::vector<std::string> notes = quality_notes(scenario, assembly->quality, records);
  if (options.notes) print_notes(notes);
  if (options.bound != nullptr) set_regret(*options.bound, outcome.summary);
  folder.write("manifest.toml", manifest_of(scenario, assembly->inputs, records.fingerprint(),
                                            facts.clairvoyant, warm, notes));
  folder.write("summary.json", summary_json(outcome.summary));
  if (complete) folder.commit();
  outcome.folder = complete ? folder.path() : folder.partial_path();
  return outcome;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> linked_libraries() {
  std::vector<std::pair<std::string, std::string>> found;
  std::string_view text = library_versions();
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t space = item.find(' ');
    found.emplace_back(item.substr(0, space), item.substr(space + 1));
  }
  return found;
}

std::optional<RunOutcome> run_scenario(const Scenario& scenario, const RunOptions& options,
                                       Issues& issues) {
  try {
    return run_within_memory(scenario, options, issues);
  } catch (const std::bad_alloc&) {
    throw OutsideError(out_of_memory(scenario));
  }
}

}  // namespace kvern
