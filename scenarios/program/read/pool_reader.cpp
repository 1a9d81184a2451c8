// [[pool]], [pool.batching] and [pool.kv].
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/host_overhead.h"
#include "models/step_cost.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "policies/sleep.h"
#include "policies/tiering.h"
#include "scenarios/program/build/plugin.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/data_names.h"
#include "scenarios/program/read/policy_key.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/token_policy.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

constexpr std::size_t kMostTiers = 8;
constexpr const char* kNameLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

// Names of data files are taken as they are; a path is completed.
std::string read_data_file(Parameters& p, std::string_view key, std::string_view doc,
                           const std::string& folder, const std::string& file) {
  const auto written = p.find<std::string>(key, doc);
  if (!written) return {};
  const DataName found = find_data(folder, *written);
  if (found.name.empty()) {
    p.error(key, found.what, found.hint);
    return {};
  }
  std::string name = is_data_path(found.name) ? path_beside(p, key, found.name, file) : found.name;
  if (p.book() != nullptr) p.book()->back().value = toml_text(std::string_view(name));
  return name;
}

double bytes_of(const std::string& dtype) { return dtype == "fp8" ? 1 : 2; }

// int4 is 4 bits and a 16-bit scale for 128 of them; products are then computed at 16 bits.
double weight_bytes_of(const std::string& dtype) {
  return dtype == "int4" ? 0.5 + 2.0 / 128 : bytes_of(dtype);
}

// `eviction` of GPU memory or of a tier, and whether it looks ahead.
PolicySpec read_eviction(Parameters& p, bool& clairvoyant) {
  std::unique_ptr<Eviction> made;
  PolicySpec spec = read_policy(p, "eviction", eviction::kUsual, "which cached block goes",
                                eviction_policies(), "eviction", &made);
  if (made != nullptr && made->unbounded()) {
    p.error("eviction", "a replica's memory is not infinite",
            "compare with a bound: belady, or kvern cache");
  }
  clairvoyant = made != nullptr && made->clairvoyant();
  return spec;
}

TierSpec read_tier(Parameters p) {
  TierSpec tier;
  tier.where = p.where("");
  tier.name = p.require<std::string>("name", "in the summary: \"host\", \"nvme\"");
  if (tier.name.empty() || tier.name.find_first_not_of(kNameLetters) != std::string::npos) {
    p.error("name", fmt::format("\"{}\" does not make the name of a column", tier.name),
            "use letters, digits, \"_\" and \"-\"");
  }
  tier.capacity_bytes = p.require<Bytes>("capacity", "of a replica's part", kPositive).value;
  tier.bytes_per_second =
      p.require<BytesPerSecond>("bandwidth", "of a replica's link, each way", {1, 1e15}).value;
  tier.latency_ns = p.require<Duration>("latency", "of a move, before its first byte").ns;
  tier.eviction = read_eviction(p, tier.clairvoyant);
  tier.admission =
      read_policy(p, "admission", cache_admission::kUsual, "which blocks are worth a place",
                  cache_admission::table(), "cache_admission");
  tier.write_through =
      p.choice("write", "back", {"back", "through"},
               "back: a block comes when the tier above evicts it; through: when it is filled "
               "there") == "through";
  std::unique_ptr<Tiering> fetch;
  tier.fetch = read_policy(p, "fetch", tiering::kUsual, "fetch its blocks, or compute them again?",
                           tiering::table(), "tiering", &fetch);
  tier.needs_joules = fetch != nullptr && fetch->needs_joules();
  tier.prefetch = p.get("prefetch", false, "fetch when a request is queued, not at its turn");
  p.finish();
  return tier;
}

void read_tiers(Parameters& p, KvSpec& kv) {
  std::set<std::string> names;
  for (Parameters& table : p.tables("tier", "memory below the GPUs', nearest first")) {
    kv.tiers.push_back(read_tier(table));
    const TierSpec& tier = kv.tiers.back();
    kv.clairvoyant = kv.clairvoyant || tier.clairvoyant;
    if (!names.insert(tier.name).second) {
      table.error("name", fmt::format("two tiers have the name \"{}\"", tier.name));
    }
  }
  if (kv.tiers.size() > kMostTiers) {
    p.error("tier", fmt::format("{} tiers are too many", kv.tiers.size()), "8 at most");
  }
  if (!kv.tiers.empty() && !kv.prefix_cache) {
    p.error("tier", "tiers hold cached blocks, and there are none", "set prefix_cache = true");
  }
  if (!kv.tiers.empty() && kv.any_block) {
    p.error("tier", "tiers under lookup = \"any_block\" are not built yet", "look up prefixes");
  }
}

// Of a replica. Its memory follows the blocks in use, but eviction policies lay theirs out at once.
constexpr std::uint32_t kMostNamedBlocks = 1U << 24;

KvSpec read_kv(Parameters p, bool may_cache_prefixes, const std::string& file) {
  KvSpec kv;
  kv.blocks = p.find<std::uint32_t>("blocks",
                                    "usable KV blocks of a replica; absent: from "
                                    "memory_share",
                                    {1, 2147483648.0});
  kv.blocks_where = p.where("blocks");
  kv.memory_share =
      p.get("memory_share", Share{0.9}, "of GPU memory, for weights, activations and KV").value;
  kv.block_size = p.get("block_size", 16U, "tokens a block", {1, 1 << 20});
  kv.bytes_per_value =
      bytes_of(p.choice("dtype", "bf16", {"bf16", "fp16", "fp8"}, "of keys and values"));
  kv.prefix_cache =
      p.get("prefix_cache", may_cache_prefixes, "freed blocks keep their content until evicted");
  kv.eviction = read_eviction(p, kv.clairvoyant);
  kv.any_block = p.choice("lookup", "prefix", {"prefix", "any_block"},
                          "prefix: blocks up to the first missing one are found, as engines do; "
                          "any_block: those behind it too") == "any_block";
  kv.admission =
      read_policy(p, "admission", cache_admission::kUsual, "which blocks are worth caching",
                  cache_admission::table(), "cache_admission");
  read_token_policy(p, file, kv);
  read_tiers(p, kv);
  if (kv.prefix_cache && kv.blocks.value_or(0) > kMostNamedBlocks) {
    p.error("blocks",
            fmt::format("{} blocks of a prefix cache are too many: each takes some hundred bytes",
                        *kv.blocks),
            fmt::format("{} at most, or prefix_cache = false", kMostNamedBlocks));
  }
  p.finish();
  return kv;
}

void read_power_states(Parameters p, PoolSpec& pool) {
  std::unique_ptr<Sleep> made;
  pool.sleep = read_policy(p, "sleep", sleep::kUsual, "how a replica without work sleeps",
                           sleep::table(), "sleep", &made);
  pool.sleeps = made != nullptr && made->sleeps();
  pool.celsius = p.find<double>(
      "celsius", "temperature of the boards, in degrees; absent: as they were measured", {0, 150});
  p.finish();
}

// The default of prefix_cache: on where the batching rule can have one.
bool can_cache_prefixes(Batching* batching) {
  return batching == nullptr || batching->prepare({1 << 20, 16, true}).empty();
}

PolicySpec read_host_overhead_key(Parameters& p, const StepCost* cost) {
  const bool whole_steps = cost != nullptr && cost->includes_host();
  PolicySpec spec{p.policy("host_overhead", whole_steps ? kNoHostOverhead : kUsualHostOverhead,
                           "what the host adds to a step"),
                  p.path() + ".host_overhead"};
  if (!spec.table.members.empty()) {
    Parameters own(&spec.table, spec.path, p.issues(), p.book());
    read_host_overhead(own);
    own.finish();
  }
  return spec;
}

}  // namespace

PoolSpec read_pool(Parameters p, const std::string& file) {
  PoolSpec pool;
  pool.where = p.where("");
  const std::string number = p.path().substr(p.path().find('.') + 1);
  pool.name = p.get("name", ("pool" + number).c_str(), "in tables and records");
  if (pool.name.empty() || pool.name.find_first_not_of(kNameLetters) != std::string::npos) {
    p.error("name", fmt::format("\"{}\" does not make the name of a pool", pool.name),
            "use letters, digits, \"_\" and \"-\"");
  }
  p.choice("role", "both", {"both"}, "which phase it serves", {"prefill", "decode"});
  pool.hardware =
      read_data_file(p, "hardware", "the GPU: a file of models/hardware", "hardware", file);
  pool.model = read_data_file(p, "model", "the language model: a file of models/llm", "llm", file);
  pool.bytes_per_weight =
      weight_bytes_of(p.choice("weights", "bf16", {"bf16", "fp16", "fp8", "int4"},
                               "of the model, as held in GPU memory", {"int8"}));
  pool.tensor_parallel =
      p.get("tensor_parallel", 1U, "GPUs that share every layer of a replica", {1, 1024});
  pool.data_parallel =
      p.get("data_parallel", 1U,
            "groups of them in a replica, each with attention for a share of it", {1, 1024});
  pool.expert_parallel =
      p.get("expert_parallel", 1U,
            "GPUs that whole experts are spread over: 1, or all of a replica", {1, 1024});
  p.refuse("pipeline_parallel", "use tensor_parallel and replicas");
  pool.replicas = p.get("replicas", 1U, "engines behind the router", {1, 65535});
  pool.unlimited_memory =
      p.choice("memory", "board", {"board", "unlimited"},
               "board: weights and blocks must fit into the memory of the GPUs; unlimited: they "
               "need not, for what-if questions") == "unlimited";
  std::unique_ptr<StepCost> cost;
  pool.step_cost = read_policy(p, "step_cost", step_cost::kUsual, "what a step costs",
                               step_cost::table(), "step_cost", &cost);
  pool.reads_cost_table = cost != nullptr && cost->reads_table();
  pool.host_overhead = read_host_overhead_key(p, cost.get());
  if (const auto cap = p.find<Watts>("power_cap", "of a GPU; absent: the board's", kPositive)) {
    pool.power_cap_watts = cap->value;
  }
  if (const auto clock = p.find<Megahertz>("clock", "SM clock; absent: the highest", kPositive)) {
    pool.clock_mhz = clock->value;
  }
  read_power_states(p.table("power", "what a replica without work does"), pool);
  std::unique_ptr<Batching> batching;
  pool.batching = read_policy(p, "batching", batching::kUsual, "what runs in the next step",
                              batching::table(), "batching", &batching);
  pool.kv = read_kv(p.table("kv", "the paged KV pool of a replica"),
                    can_cache_prefixes(batching.get()), file);
  if (!pool.kv.tiers.empty() && pool.sleeps) {
    p.error(
        "power",
        "what a replica that sleeps leaves in memory tiers is not built yet: whether they outlive "
        "it depends on who holds them",
        "leave out its tiers, or sleep");
  }
  p.finish();
  return pool;
}

}  // namespace kvern
