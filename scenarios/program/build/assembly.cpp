#include "scenarios/program/build/assembly.h"

#include <algorithm>

#include "models/power/state_power.h"
#include "policies/admission.h"
#include "policies/incidents.h"
#include "policies/routing.h"
#include "scenarios/program/build/forced_schedule.h"
#include "scenarios/program/build/plugin.h"
#include "scenarios/program/build/pool_assembly.h"
#include "scenarios/program/build/workload_assembly.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/policy_key.h"

namespace kvern {
namespace {

// The block size that prompts are named in; 0 where no pool caches prefixes.
std::uint32_t named_block_size(const Scenario& scenario, Issues& issues) {
  std::uint32_t size = 0;
  for (const PoolSpec& pool : scenario.pools) {
    if (!pool.kv.prefix_cache) continue;
    if (size != 0 && pool.kv.block_size != size) {
      issues.error(pool.where, "pools with prefix caches have different block sizes",
                   "give them one block_size");
    }
    size = pool.kv.block_size;
  }
  return size;
}

// Every pool's steps take measured times.
void force_schedule(const Scenario& scenario, std::uint32_t block_size, ClusterSetup& setup,
                    Issues& issues) {
  std::vector<SimTime> arrivals;
  const auto source = assemble_workload(scenario, block_size, issues).arrivals;
  Arrival arrival;
  while (source != nullptr && source->next_time() != kNever) {
    source->pop(arrival);
    arrivals.push_back(arrival.time);
  }
  for (PoolSetup& pool : setup.pools) {
    pool.step_cost = forced_steps(*scenario.validation->forced, arrivals, issues);
    if (pool.step_cost == nullptr) return;
    std::string none;
    pool.power = make_state_power({}, *pool.step_cost, {}, none);  // joules unknown
  }
}

// A second pass over the same workload, before the run. Null with an issue.
std::unique_ptr<FutureRequests> future_of(const Scenario& scenario, const Arrivals& arrivals,
                                          std::uint32_t block_size, Issues& issues) {
  if (arrivals.waits_for_answers()) {
    const auto sees = [](const PoolSpec& pool) { return pool.kv.clairvoyant; };
    const auto pool = std::find_if(scenario.pools.begin(), scenario.pools.end(), sees);
    issues.error(
        pool->where, "a closed loop has no future that a clairvoyant policy could know",
        scenario.workload.replay
            ? "set [workload] loop = \"open\", or take another eviction policy"
            : "kvern trace synthesize writes the workload as a trace, which can be replayed "
              "with loop = \"open\"; or take another eviction policy");
    return nullptr;
  }
  const WorkloadAssembly again = assemble_workload(scenario, block_size, issues);
  if (again.arrivals == nullptr) return nullptr;
  return std::make_unique<FutureRequests>(*again.arrivals, scenario.stop);
}

}  // namespace

bool looks_ahead(const Scenario& scenario) {
  return std::any_of(scenario.pools.begin(), scenario.pools.end(), [](const PoolSpec& pool) {
    return pool.kv.prefix_cache && pool.kv.clairvoyant;
  });
}

std::optional<Assembly> assemble(const Scenario& scenario, Issues& issues) {
  Assembly out;
  for (const PoolSpec& spec : scenario.pools) {
    auto pool = assemble_pool(spec, scenario.attribution, issues);
    if (!pool) continue;
    if (pool->hardware != nullptr) {
      out.inputs.push_back(data_path("hardware", spec.hardware));
      if (spec.reads_cost_table && !pool->hardware->cost_table.empty()) {
        out.inputs.push_back(pool->hardware->cost_table);
      }
      out.hardware.push_back(std::move(pool->hardware));
    }
    if (pool->model != nullptr) {
      out.inputs.push_back(data_path("llm", spec.model));
      out.models.push_back(std::move(pool->model));
    }
    if (!spec.kv.work_profile.empty()) out.inputs.push_back(spec.kv.work_profile);
    out.quality.push_back(std::move(pool->quality));
    out.setup.pools.push_back(std::move(pool->setup));
  }
  out.setup.routing = make_again(routing::table(), "routing", scenario.routing);
  out.setup.admission = make_again(admission::table(), "admission", scenario.admission);
  if (!scenario.incidents.table.members.empty()) {
    out.setup.incidents = make_again(incidents::table(), "incidents", scenario.incidents);
  }
  const std::uint32_t block_size = named_block_size(scenario, issues);
  if (issues.any_error()) return std::nullopt;
  WorkloadAssembly workload = assemble_workload(scenario, block_size, issues);
  if (workload.arrivals == nullptr) return std::nullopt;
  if (looks_ahead(scenario)) {
    out.setup.future = future_of(scenario, *workload.arrivals, block_size, issues);
    if (out.setup.future == nullptr) return std::nullopt;
  }
  out.setup.arrivals = std::move(workload.arrivals);
  out.requests = workload.requests;
  for (const std::string& file : scenario.workload.files) out.inputs.push_back(file);
  if (!plugin_file().empty()) out.inputs.push_back(plugin_file());
  if (scenario.workload.replay) out.inputs.push_back(scenario.workload.replay->trace.file);
  if (scenario.validation && scenario.validation->forced) {
    force_schedule(scenario, block_size, out.setup, issues);
    out.inputs.push_back(scenario.validation->forced->file);
    if (issues.any_error()) return std::nullopt;
  }
  out.setup.seed = scenario.seed;
  out.setup.timeline = scenario.simgrid ? make_simgrid_timeline() : make_plain_timeline();
  return out;
}

}  // namespace kvern
