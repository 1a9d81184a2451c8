#include "traces/replay/replayed_rows.h"

#include <algorithm>
#include <utility>

namespace kvern {

namespace {

std::uint64_t replayed(std::uint64_t rows, const TraceReplay& replay) {
  return std::min<std::uint64_t>(rows, replay.requests.value_or(UINT32_MAX));
}

}  // namespace

ReplayedRows::ReplayedRows(Trace whole, const TraceReplay& replay, std::optional<Reblocking> blocks)
    : window_(std::move(whole)),
      rows_(replayed(window_.rows(), replay)),
      replay_(replay),
      scale_(replay.time_scale),
      blocks_(std::move(blocks)) {}

ReplayedRows::ReplayedRows(std::unique_ptr<TraceFile> file, const TraceReplay& replay,
                           std::optional<Reblocking> blocks)
    : file_(std::move(file)),
      rows_(replayed(file_->rows(), replay)),
      replay_(replay),
      scale_(replay.time_scale),
      blocks_(std::move(blocks)) {}

void ReplayedRows::load(std::uint64_t row) {
  constexpr std::uint64_t window = 65'536;
  file_->load(row, std::min(window, rows_ - row), window_);
  first_ = row;
}

void ReplayedRows::fill(std::uint64_t row, Arrival& arrival) {
  const std::size_t i = at(row);
  arrival.id = static_cast<RequestId>(row);
  arrival.prompt_tokens = window_.prompt_tokens[i];
  arrival.output_tokens = window_.output_tokens[i];
  if (replay_.zero_output == ZeroOutput::One) {
    arrival.output_tokens = std::max(arrival.output_tokens, 1U);
  }
  arrival.max_tokens = replay_.max_tokens.value_or(arrival.output_tokens);
  arrival.declares = replay_.max_tokens.has_value();
  arrival.output_tokens = std::min(arrival.output_tokens, arrival.max_tokens);
  arrival.tenant = window_.tenant.empty() ? std::uint16_t{0} : window_.tenant[i];
  arrival.category = window_.category.empty() ? std::uint16_t{0} : window_.category[i];
  arrival.session = window_.session.empty() ? -1 : window_.session[i];
  arrival.blocks = {};
  if (!blocks_) return;
  window_.blocks.read(i, ids_);
  blocks_->apply(arrival.prompt_tokens, ids_);
  arrival.blocks = ids_;
}

}  // namespace kvern
