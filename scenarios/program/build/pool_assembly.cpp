#include "scenarios/program/build/pool_assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/host_overhead.h"
#include "models/kv_capacity.h"
#include "models/memory_fit.h"
#include "models/power/idle_states.h"
#include "models/power/state_power.h"
#include "models/step_cost.h"
#include "models/upkeep_cost.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/sleep.h"
#include "policies/tiering.h"
#include "scenarios/program/build/plugin.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/policy_key.h"
#include "sim/base/exact_math.h"
#include "sim/kv/block_worth.h"

namespace kvern {
namespace {

HostOverhead host_overhead_of(const PoolSpec& pool) {
  Issues none;
  Parameters p(&pool.host_overhead.table, pool.host_overhead.path, none);
  HostOverhead overhead = read_host_overhead(p);
  if (!pool.draw) return overhead;
  const double factor = drawn_host_factor(*pool.draw);
  for (std::int64_t* ticks : {&overhead.step_ticks, &overhead.sequence_ticks}) {
    *ticks = exact::nearest_whole(factor * static_cast<double>(*ticks));
  }
  return overhead;
}

double gib(std::int64_t bytes) { return static_cast<double>(bytes) / 1073741824.0; }

KvSettings kv_settings(const PoolSpec& pool, const Batching& batching) {
  KvSettings settings;
  settings.memory_share = pool.kv.memory_share;
  settings.max_num_seqs = batching.most_sequences();
  // A rule without a limit (V0) profiles with its least one.
  const bool limited = batching.most_tokens() != UINT32_MAX;
  settings.max_num_batched_tokens = limited ? batching.most_tokens() : 2048;
  settings.block_size = pool.kv.block_size;
  settings.null_block = batching.keeps_null_block();
  return settings;
}

// Blocks as given, where they and the weights fit. 0 with an issue.
std::uint32_t checked_blocks(const PoolSpec& pool, const Deployment& deployment,
                             const KvSettings& settings, Issues& issues) {
  const bool known = deployment.hardware != nullptr && deployment.model != nullptr;
  if (!known || pool.unlimited_memory) return *pool.kv.blocks;
  const MemoryRefusal refusal = memory_refusal(deployment, settings, *pool.kv.blocks);
  if (refusal.what.empty()) return *pool.kv.blocks;
  issues.error(refusal.blocks ? pool.kv.blocks_where : pool.where, refusal.what,
               refusal.hint + "; memory = \"unlimited\" in the [[pool]] runs it all the same");
  return 0;
}

// Usable blocks: as given, or what an engine would find at its start. 0 with an issue.
std::uint32_t blocks_of(const PoolSpec& pool, const Deployment& deployment,
                        const Batching& batching, Issues& issues) {
  const KvSettings settings = kv_settings(pool, batching);
  if (pool.kv.blocks) return checked_blocks(pool, deployment, settings, issues);
  if (pool.unlimited_memory) {
    issues.error(pool.where, "memory without a limit says nothing of how many KV blocks there are",
                 "give [pool.kv] blocks, or leave out memory = \"unlimited\"");
    return 0;
  }
  if (deployment.hardware == nullptr || deployment.model == nullptr) {
    issues.error(pool.where, fmt::format("pool \"{}\" has no number of KV blocks", pool.name),
                 "give [pool.kv] blocks, or hardware and model to count them from");
    return 0;
  }
  const KvCapacity capacity = kv_capacity(deployment, settings);
  if (capacity.kv_bytes <= 0 || capacity.blocks == 0) {
    issues.error(pool.where,
                 fmt::format("{} does not fit on {} x {}: weights {:.1f} GiB and overhead {:.1f} "
                             "GiB a GPU, {:.1f} GiB usable",
                             deployment.model->name, deployment.gpus(), deployment.hardware->name,
                             gib(capacity.weight_bytes), gib(capacity.overhead_bytes),
                             gib(capacity.usable_bytes)),
                 "raise tensor_parallel or memory_share");
  }
  return capacity.blocks;
}

PowerSettings settings_of(const PoolSpec& pool) {
  PowerSettings settings;
  if (pool.power_cap_watts) settings.cap = Watts{*pool.power_cap_watts};
  if (pool.clock_mhz) settings.clock = Megahertz{*pool.clock_mhz};
  settings.celsius = pool.celsius;
  settings.drawn = pool.draw.has_value();
  return settings;
}

// Keys and values of a block over all GPUs of a replica; 0 where the model is not known.
std::uint32_t block_bytes_of(const PoolSpec& pool, const Deployment& deployment) {
  if (deployment.hardware == nullptr || deployment.model == nullptr) return 0;
  KvSettings settings;
  settings.block_size = pool.kv.block_size;
  const std::int64_t bytes = kv_capacity(deployment, settings).block_bytes * pool.tensor_parallel;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(bytes, UINT32_MAX));
}

// Step cost and power, prepared for the deployment. False with an issue.
bool price(const PoolSpec& pool, const Deployment& deployment, PoolSetup& setup, Issues& issues) {
  auto cost = make_again(step_cost::table(), "step_cost", pool.step_cost);
  if (pool.kv.token_eviction) {
    auto tokens = make_token_pool(pool, deployment, issues);
    if (!tokens) return false;
    cost = with_token_upkeep(std::move(cost), tokens->upkeep);
    setup.residency = std::move(tokens->residency);
  }
  setup.step_cost = with_host_overhead(std::move(cost), host_overhead_of(pool));
  std::string refusal = setup.step_cost->prepare(deployment);
  if (!refusal.empty()) {
    issues.error(pool.where, fmt::format("pool \"{}\": {}", pool.name, refusal));
    return false;
  }
  setup.power = make_state_power(deployment, *setup.step_cost, settings_of(pool), refusal);
  if (setup.power == nullptr) {
    issues.error(pool.where, fmt::format("pool \"{}\": {}", pool.name, refusal));
    return false;
  }
  return true;
}

// States between steps. False with an issue.
bool idle(const PoolSpec& pool, const Deployment& deployment, PoolSetup& setup, Issues& issues) {
  if (deployment.hardware != nullptr) {
    setup.idle_states = idle_states(deployment, settings_of(pool));
  }
  if (!pool.sleeps) return true;
  setup.make_sleep = [spec = pool.sleep] { return make_again(sleep::table(), "sleep", spec); };
  const std::string refusal = deployment.hardware == nullptr
                                  ? "sleep needs hardware"
                                  : setup.make_sleep()->prepare(setup.idle_states);
  if (refusal.empty()) return true;
  issues.error(pool.where, fmt::format("pool \"{}\": {}", pool.name, refusal));
  return false;
}

// Empty where every block is kept.
std::function<std::unique_ptr<CacheAdmission>()> admission_maker(const PolicySpec& spec) {
  const auto made = make_again(cache_admission::table(), "cache_admission", spec);
  if (made->keeps_all()) return {};
  return [spec] { return make_again(cache_admission::table(), "cache_admission", spec); };
}

PoolTier tier_of(const TierSpec& spec, std::uint32_t blocks) {
  PoolTier tier;
  tier.name = spec.name;
  tier.blocks = blocks;
  tier.bandwidth = {spec.bytes_per_second};
  tier.latency = {spec.latency_ns};
  tier.write_through = spec.write_through;
  tier.prefetch = spec.prefetch;
  tier.make_eviction = [own = spec.eviction] {
    return make_again(eviction_policies(), "eviction", own);
  };
  tier.make_admission = admission_maker(spec.admission);
  tier.make_fetch = [own = spec.fetch] { return make_again(tiering::table(), "tiering", own); };
  return tier;
}

// The tiers in blocks. False with an issue: what they need is not known.
bool add_tiers(const PoolSpec& pool, const HardwareSpec* hardware, PoolSetup& setup,
               Issues& issues) {
  if (pool.kv.tiers.empty()) return true;
  const TierSpec& first = pool.kv.tiers.front();
  if (setup.make_batching()->plans_ahead()) {
    issues.error(first.where, "tiers under async_scheduling are not built yet",
                 "leave out async_scheduling");
    return false;
  }
  if (setup.worth.bytes == 0) {
    issues.error(first.where, "the bytes of a block are not known, so neither is what a tier holds",
                 "give the pool hardware and model");
    return false;
  }
  if (setup.power->known()) {
    if (!hardware->joules_per_pcie_byte) {
      issues.error(first.where,
                   fmt::format("{}: the joules of a byte over PCIe are unknown", hardware->name),
                   "give them in its file, as [power] pcie");
      return false;
    }
    setup.femtojoules_per_byte = exact::nearest_whole(hardware->joules_per_pcie_byte->value * 1e15);
  }
  for (const TierSpec& tier : pool.kv.tiers) {
    const std::int64_t blocks = tier.capacity_bytes / setup.worth.bytes;
    if (blocks == 0 || blocks > INT32_MAX) {
      issues.error(tier.where,
                   fmt::format("tier \"{}\" holds {} blocks of {} bytes", tier.name, blocks,
                               setup.worth.bytes),
                   "1 to 2147483647 are possible");
    } else if (tier.needs_joules && !setup.power->known()) {
      issues.error(
          tier.where,
          fmt::format("tier \"{}\": its fetch policy weighs joules, which are unknown here",
                      tier.name),
          "take min_time, or hardware and a step cost whose joules are known");
    } else {
      setup.tiers.push_back(tier_of(tier, static_cast<std::uint32_t>(blocks)));
    }
  }
  return setup.tiers.size() == pool.kv.tiers.size();
}

template <class Spec>
std::unique_ptr<Spec> owned(std::optional<Spec> spec) {
  return spec ? std::make_unique<Spec>(std::move(*spec)) : nullptr;
}

}  // namespace

std::optional<PoolAssembly> assemble_pool(const PoolSpec& pool, const std::string& attribution,
                                          Issues& issues) {
  PoolAssembly out;
  if (!pool.hardware.empty()) out.hardware = owned(load_hardware(pool.hardware, issues));
  if (!pool.model.empty()) out.model = owned(load_llm(pool.model, issues));
  const bool found = (pool.hardware.empty() || out.hardware != nullptr) &&
                     (pool.model.empty() || out.model != nullptr);
  if (!found) return std::nullopt;
  if (pool.draw && out.hardware != nullptr) draw_hardware(*pool.draw, *out.hardware);

  const auto batching = make_again(batching::table(), "batching", pool.batching);
  Deployment deployment;
  deployment.hardware = out.hardware.get();
  deployment.model = out.model.get();
  deployment.tensor_parallel = pool.tensor_parallel;
  deployment.data_parallel = pool.data_parallel;
  deployment.expert_parallel = pool.expert_parallel;
  deployment.weight_bytes_per_value = pool.bytes_per_weight;
  deployment.kv_bytes_per_value = pool.kv.bytes_per_value;
  // Sizes look-up tables; a rule without a limit rarely goes beyond.
  deployment.max_batched_tokens = std::min(batching->most_tokens(), 32'768U);
  deployment.max_sequences = batching->most_sequences();

  PoolSetup& setup = out.setup;
  setup.name = pool.name;
  setup.replicas = pool.replicas;
  setup.block_size = pool.kv.block_size;
  setup.prefix_cache = pool.kv.prefix_cache;
  setup.any_block = pool.kv.any_block;
  setup.attribution = attribution == "equal_share" ? Attribution::EqualShare
                      : attribution == "shapley"   ? Attribution::Shapley
                                                   : Attribution::TokenShare;
  setup.make_batching = [spec = pool.batching] {
    return make_again(batching::table(), "batching", spec);
  };
  setup.make_eviction = [spec = pool.kv.eviction] {
    return make_again(eviction_policies(), "eviction", spec);
  };
  setup.make_cache_admission = admission_maker(pool.kv.admission);
  if (!price(pool, deployment, setup, issues)) return std::nullopt;
  if (!idle(pool, deployment, setup, issues)) return std::nullopt;
  if (pool.kv.prefix_cache) {
    setup.worth = block_worth(*setup.step_cost, *setup.power, pool.kv.block_size,
                              batching->most_tokens(), block_bytes_of(pool, deployment));
  }
  if (!add_tiers(pool, deployment.hardware, setup, issues)) return std::nullopt;
  setup.blocks = blocks_of(pool, deployment, *batching, issues);
  if (setup.blocks == 0) return std::nullopt;
  out.quality = measured_quality(pool, issues);
  const std::string refusal = batching->prepare(setup.limits());
  if (!refusal.empty()) {
    issues.error(pool.where, fmt::format("pool \"{}\": {}", pool.name, refusal));
    return std::nullopt;
  }
  return out;
}

}  // namespace kvern
