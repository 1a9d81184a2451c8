#include "traces/replay/turns.h"

#include <algorithm>
#include <utility>

namespace kvern {

namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;

std::uint64_t context_of(const Trace& trace, std::size_t row) {
  return std::uint64_t{trace.prompt_tokens[row]} + trace.output_tokens[row];
}

// Whether the prompt of `later` begins with the names of all full blocks of the prompt of `row`.
bool goes_on(const Trace& trace, std::size_t row, std::size_t later,
             std::vector<std::uint32_t>& ids, std::vector<std::uint32_t>& later_ids) {
  if (trace.output_tokens[row] == 0) return false;
  if (trace.prompt_tokens[later] < context_of(trace, row)) return false;
  const std::size_t full = trace.prompt_tokens[row] / trace.header.block_size;
  trace.blocks.read(row, ids);
  trace.blocks.read(later, later_ids);
  return ids.size() >= full && later_ids.size() > full &&
         std::equal(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(full),
                    later_ids.begin());
}

}  // namespace

std::vector<std::int32_t> rows_before(const Trace& trace) {
  if (trace.parent.empty() && trace.session.empty()) return {};
  std::vector<std::int32_t> before(trace.rows(), -1);
  std::vector<std::int32_t> latest;  // by session
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    if (!trace.session.empty() && trace.session[row] >= 0) {
      const auto session = static_cast<std::size_t>(trace.session[row]);
      if (session >= latest.size()) latest.resize(session + 1, -1);
      before[row] = std::exchange(latest[session], static_cast<std::int32_t>(row));
    }
    if (!trace.parent.empty() && trace.parent[row] >= 0) before[row] = trace.parent[row];
  }
  return before;
}

void name_answers(Trace& trace) {
  if (trace.blocks.rows() == 0 || trace.parent.empty()) return;
  const PackedIds given = std::move(trace.answers);
  trace.answers = {};
  const auto is_given = [&](std::size_t row) { return given.count(row) > 0; };
  std::vector<std::uint32_t> heirs(trace.rows(), kNoRow);
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> later_ids;
  bool any = given.rows() > 0;
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    if (trace.parent[row] < 0) continue;
    const auto before = static_cast<std::size_t>(trace.parent[row]);
    if (heirs[before] != kNoRow || is_given(before)) continue;
    if (!goes_on(trace, before, row, ids, later_ids)) continue;
    heirs[before] = static_cast<std::uint32_t>(row);
    any = true;
  }
  if (!any) return;
  const std::uint64_t size = trace.header.block_size;
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    ids.clear();
    if (is_given(row)) {
      given.read(row, ids);
    } else if (heirs[row] != kNoRow) {
      // Every block that the answer touches; the last token is not computed.
      trace.blocks.read(heirs[row], ids);
      const std::uint64_t touched = (context_of(trace, row) - 1 + size - 1) / size;
      ids.resize(std::min<std::size_t>(ids.size(), touched));
      const auto full = static_cast<std::ptrdiff_t>(trace.prompt_tokens[row] / size);
      ids.erase(ids.begin(), ids.begin() + std::min<std::ptrdiff_t>(full, std::ssize(ids)));
    }
    trace.answers.add_row(ids);
  }
}

}  // namespace kvern
