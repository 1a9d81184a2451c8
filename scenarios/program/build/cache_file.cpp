#include "scenarios/program/build/cache_file.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "scenarios/program/run/resolved.h"
#include "sim/base/digest.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/io/output_file.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

constexpr const char* kFormat = "kvern.cache";
constexpr const char* kSavedCache = "saved cache";

// What block names depend on.
std::string workload_of(const Scenario& scenario) {
  if (scenario.workload.replay) {
    const ImportRequest& trace = scenario.workload.replay->trace;
    return fmt::format("trace {} {}", sha256_of_file(trace.file), trace.options.toml());
  }
  KeyBook workload;
  for (const KeyEntry& entry : scenario.book) {
    if (entry.table.starts_with("workload")) workload.push_back(entry);
  }
  return fmt::format("seed {}\n{}", scenario.seed, resolved_toml(workload, true));
}

std::int64_t block_size_of(const Scenario& scenario) {
  for (const PoolSpec& pool : scenario.pools) {
    if (pool.kv.prefix_cache) return pool.kv.block_size;
  }
  return 0;
}

std::int64_t replicas_of(const Scenario& scenario) {
  std::int64_t replicas = 0;
  for (const PoolSpec& pool : scenario.pools) replicas += pool.replicas;
  return replicas;
}

// Reads one column into a member of every block.
template <class T>
void read_column(TableReader& reader, const char* name, std::vector<CachedBlock>& blocks,
                 T CachedBlock::*member) {
  const std::vector<T> values = reader.read_all<T>(std::string("/blocks/") + name);
  if (!blocks.empty() && values.size() != blocks.size()) {
    throw OutsideError(fmt::format("{}: its columns differ in length", reader.path()));
  }
  blocks.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) blocks[i].*member = values[i];
}

// Every block has a replica of this run, holds no more tokens than a block does, and has a name
// that no other one of its replica has.
bool lawful(const std::vector<CachedBlock>& blocks, const std::vector<std::uint16_t>& replica,
            std::size_t replicas, std::int64_t block_size) {
  if (replica.size() != blocks.size()) return false;
  absl::flat_hash_set<std::pair<std::uint16_t, std::uint32_t>> names;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (replica[i] >= replicas || blocks[i].tokens > block_size) return false;
    const bool named = blocks[i].name != CachedBlock::kNoName;
    if (named && !names.emplace(replica[i], blocks[i].name).second) return false;
  }
  return true;
}

}  // namespace

void save_caches(const std::string& file, const Scenario& scenario,
                 const std::vector<CacheState>& caches) {
  OutputFile output(file, kSavedCache);
  TableWriter writer(output.partial());
  writer.set_attribute("/", "format", std::string(kFormat));
  writer.set_attribute("/", "version", std::int64_t{1});
  writer.set_attribute("/", "block_size", block_size_of(scenario));
  writer.set_attribute("/", "replicas", replicas_of(scenario));
  writer.set_attribute("/", "workload", workload_of(scenario));
  TableSpec spec;
  spec.group = "/blocks";
  spec.compress = true;
  spec.columns = {{"replica", ColumnType::U16, "1", "whose cache"},
                  {"name", ColumnType::U32, "1", "block id of the workload; 2^32 - 1 = none"},
                  {"parent", ColumnType::U32, "1", "name of the block before it"},
                  {"depth", ColumnType::U32, "blocks", "before it in its prompt"},
                  {"tokens", ColumnType::U32, "tokens", "in it"},
                  {"request_tokens", ColumnType::U32, "tokens", "prompt that brought it"},
                  {"recompute_cost_ns", ColumnType::U64, "ns", "0 = not known"},
                  {"tenant", ColumnType::U16, "1", "row of the workload's dictionary"},
                  {"category", ColumnType::U16, "1", "row of the workload's dictionary"},
                  {"order", ColumnType::U32, "1", "in which blocks were named"},
                  {"hits", ColumnType::U32, "1", "since then"}};
  Table& table = writer.add_table(std::move(spec));
  for (std::size_t replica = 0; replica < caches.size(); ++replica) {
    for (const CachedBlock& block : caches[replica]) {
      table.put(0, static_cast<std::uint16_t>(replica));
      table.put(1, block.name);
      table.put(2, block.parent);
      table.put(3, block.depth);
      table.put(4, block.tokens);
      table.put(5, block.request_tokens);
      table.put(6, block.recompute_cost_ns);
      table.put(7, block.tenant);
      table.put(8, block.category);
      table.put(9, block.order);
      table.put(10, block.hits);
      table.end_row();
    }
  }
  writer.close_sealed(kSavedCache);
  output.commit();
}

std::optional<std::vector<CacheState>> load_caches(const std::string& file,
                                                   const Scenario& scenario, Issues& issues) {
  const Location where{file, 0, 0};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored) || !TableReader::is_table_file(file)) {
    issues.error(where, "no saved cache", "kvern run --save-cache writes one");
    return std::nullopt;
  }
  TableReader reader(file, kSavedCache, "kvern run --save-cache writes one");
  if (!reader.has_attribute("/", "format") || reader.text_attribute("/", "format") != kFormat) {
    issues.error(where, "no saved cache: another kind of HDF5 file");
    return std::nullopt;
  }
  const auto expect = [&](const char* what, std::int64_t here) {
    const std::int64_t saved = reader.integer_attribute("/", what);
    if (saved == here) return;
    issues.error(where, fmt::format("saved with {} = {}, this run has {}", what, saved, here));
  };
  expect("version", 1);
  expect("block_size", block_size_of(scenario));
  expect("replicas", replicas_of(scenario));
  if (reader.text_attribute("/", "workload") != workload_of(scenario)) {
    issues.error(where, "saved by a run of another workload, whose blocks have other names");
  }
  if (issues.any_error()) return std::nullopt;
  std::vector<CachedBlock> blocks;
  read_column(reader, "name", blocks, &CachedBlock::name);
  read_column(reader, "parent", blocks, &CachedBlock::parent);
  read_column(reader, "depth", blocks, &CachedBlock::depth);
  read_column(reader, "tokens", blocks, &CachedBlock::tokens);
  read_column(reader, "request_tokens", blocks, &CachedBlock::request_tokens);
  read_column(reader, "recompute_cost_ns", blocks, &CachedBlock::recompute_cost_ns);
  read_column(reader, "tenant", blocks, &CachedBlock::tenant);
  read_column(reader, "category", blocks, &CachedBlock::category);
  read_column(reader, "order", blocks, &CachedBlock::order);
  read_column(reader, "hits", blocks, &CachedBlock::hits);
  const auto replica = reader.read_all<std::uint16_t>("/blocks/replica");
  std::vector<CacheState> caches(static_cast<std::size_t>(replicas_of(scenario)));
  if (!lawful(blocks, replica, caches.size(), block_size_of(scenario))) {
    issues.error(where, "a block of this saved cache can't be: its columns contradict each other",
                 "kvern run --save-cache writes a new one");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) caches[replica[i]].push_back(blocks[i]);
  return caches;
}

}  // namespace kvern
