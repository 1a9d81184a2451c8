#include "scenarios/program/command/cache_trace_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "traces/import/object_trace.h"
#include "traces/replay/reblocking.h"

namespace kvern {
namespace {

constexpr std::uint32_t kUnseen = UINT32_MAX;

// Fills the accesses; ids become dense again in first-seen order. False with an issue when there
// are too many to number.
bool fill(const Trace& trace, Reblocking& blocks, std::uint64_t ids, CacheTrace& into,
          const Location& where, Issues& issues) {
  std::vector<std::uint32_t> dense(ids, kUnseen);
  std::vector<std::uint32_t> row;
  into.request_end.reserve(trace.rows());
  for (std::size_t i = 0; i < trace.rows(); ++i) {
    trace.blocks.read(i, row);
    blocks.apply(trace.prompt_tokens[i], row);
    for (const std::uint32_t id : row) {
      if (dense[id] == kUnseen) dense[id] = into.distinct++;
      into.ids.push_back(dense[id]);
    }
    into.request_end.push_back(into.ids.size());
    if (into.ids.size() >= UINT32_MAX) {
      issues.error(where, "more than 2^32 - 2 accesses", "take larger blocks");
      return false;
    }
  }
  return true;
}

std::optional<CacheTrace> object_accesses(const ImportRequest& request, Issues& issues) {
  auto objects = read_object_trace(request, issues);
  if (!objects) return std::nullopt;
  CacheTrace accesses;
  accesses.distinct = objects->objects;
  accesses.ids = std::move(objects->object);
  accesses.arrival = std::move(objects->arrival);
  return accesses;
}

}  // namespace

std::optional<CacheTrace> read_cache_trace(const ImportRequest& request, std::uint32_t block_size,
                                           Issues& issues) {
  // An object is a block of one token.
  if (block_size <= 1 && is_object_trace(request)) return object_accesses(request, issues);
  std::optional<Trace> trace = read_trace(request, issues);
  if (!trace) return std::nullopt;
  const Location where{request.file, 0, 0};
  if (trace->header.block_size == 0 || trace->blocks.total() == 0) {
    issues.error(where, "this trace names no blocks: nothing can be found in a cache");
    return std::nullopt;
  }
  CacheTrace accesses;
  accesses.block_size = block_size == 0 ? trace->header.block_size : block_size;
  auto blocks = Reblocking::make(trace->header, accesses.block_size,
                                 {fmt::format("--block-size {}", block_size), 0, 0}, issues);
  if (!blocks) return std::nullopt;
  const std::uint64_t parts = std::max(1U, trace->header.block_size / accesses.block_size);
  accesses.ids.reserve(parts == 1 ? trace->blocks.total() : 0);
  if (!fill(*trace, *blocks, trace->header.distinct_blocks * parts, accesses, where, issues)) {
    return std::nullopt;
  }
  accesses.arrival = std::move(trace->arrival_ns);
  accesses.prompt_tokens = std::move(trace->prompt_tokens);
  accesses.tenant = std::move(trace->tenant);
  accesses.category = std::move(trace->category);
  return accesses;
}

}  // namespace kvern
