#include "traces/replay/reblocking.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvern {

std::optional<Reblocking> Reblocking::make(const TraceHeader& trace, std::uint32_t to,
                                           const Location& where, Issues& issues) {
  Reblocking blocks;
  blocks.rule_ = trace.block_rule;
  blocks.to_ = to;
  blocks.from_ = trace.block_size;
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

void Reblocking::learn_partial_blocks(const Trace& trace) {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> answer;
  for (std::size_t row = 0; row < trace.answers.rows(); ++row) {
    const std::uint32_t parts = trace.prompt_tokens[row] % from_ / to_;
    if (parts == 0 || trace.answers.count(row) == 0) continue;
    trace.blocks.read(row, ids);
    trace.answers.read(row, answer);
    if (ids.size() <= trace.prompt_tokens[row] / from_) continue;  // the partial one has no name
    if (ids.back() != answer.front()) begun_.try_emplace(answer.front(), Begun{ids.back(), parts});
  }
}

void Reblocking::split(std::vector<std::uint32_t>& ids) {
  scratch_.clear();
  for (const std::uint32_t id : ids) {
    for (std::uint32_t part = 0; part < parts_; ++part) {
      std::uint32_t owner = id;
      for (auto begun = begun_.find(owner); begun != begun_.end() && part < begun->second.parts;
           begun = begun_.find(owner)) {
        owner = begun->second.id;
      }
      scratch_.push_back(owner * parts_ + part);
    }
  }
  ids.swap(scratch_);
}

void Reblocking::apply(std::uint32_t prompt_tokens, std::uint32_t output_tokens,
                       std::vector<std::uint32_t>& ids, std::vector<std::uint32_t>& answer) {
  if (answer.empty()) {
    apply(prompt_tokens, ids);
    return;
  }
  ids.resize(prompt_tokens / from_);
  ids.insert(ids.end(), answer.begin(), answer.end());
  if (group_ > 1) {
    const std::size_t whole = ids.size() / group_;
    for (std::size_t i = 0; i < whole; ++i) ids[i] = ids[(i + 1) * group_ - 1];
    ids.resize(whole);
  } else if (parts_ > 1) {
    split(ids);
  }
  const std::uint64_t computed = std::uint64_t{prompt_tokens} + output_tokens - 1;
  ids.resize(std::min<std::size_t>(ids.size(), computed / to_));
  const auto full = std::min<std::ptrdiff_t>(prompt_tokens / to_, std::ssize(ids));
  answer.assign(ids.begin() + full, ids.end());
  ids.resize(static_cast<std::size_t>(full));
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
    split(ids);
    if (rule_ == BlockRule::Ceil) {
      ids.resize(std::min<std::size_t>(ids.size(), (std::uint64_t{prompt_tokens} + to_ - 1) / to_));
    }
  }
}

}  // namespace kvern
