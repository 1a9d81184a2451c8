#include "traces/replay/reblocking.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvern {

std::optional<Reblocking> Reblocking::make(const TraceHeader& trace, std::uint32_t to,
                                           const Location& where, Issues& issues) {
  Reblocking blocks;
  blocks.rule_ = trace.block_rule;
  blocks.to_ = to;
  if (to % trace.block_size == 0) {
    blocks.group_ = to / trace.block_size;
    return blocks;
  }
  if (trace.block_size % to != 0) {
    issues.error(where,
                 fmt::format("the trace's blocks of {} tokens cannot become blocks of {}",
                             trace.block_size, to),
                 "take a multiple or a divisor");
    return std::nullopt;
  }
  blocks.parts_ = trace.block_size / to;
  if (std::uint64_t{trace.distinct_blocks} * blocks.parts_ > UINT32_MAX) {
    issues.error(where,
                 fmt::format("{} blocks of {} tokens are too many blocks of {}: 2^32 at most",
                             trace.distinct_blocks, trace.block_size, to));
    return std::nullopt;
  }
  return blocks;
}

void Reblocking::apply(std::uint32_t prompt_tokens, std::vector<std::uint32_t>& ids) {
  if (group_ > 1) {
    const std::size_t whole = ids.size() / group_;
    const bool partial = rule_ == BlockRule::Ceil && ids.size() % group_ != 0;
    const std::uint32_t last = ids.empty() ? 0 : ids.back();
    for (std::size_t i = 0; i < whole; ++i) ids[i] = ids[(i + 1) * group_ - 1];
    ids.resize(whole);
    if (partial) ids.push_back(last);
  } else if (parts_ > 1) {
    scratch_.clear();
    for (const std::uint32_t id : ids) {
      for (std::uint32_t part = 0; part < parts_; ++part) scratch_.push_back(id * parts_ + part);
    }
    ids.swap(scratch_);
    if (rule_ == BlockRule::Ceil) {
      ids.resize(std::min<std::size_t>(ids.size(), (std::uint64_t{prompt_tokens} + to_ - 1) / to_));
    }
  }
}

}  // namespace kvern
