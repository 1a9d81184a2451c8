#include "traces/replay/replayed_rows.h"

#include <algorithm>
#include <utility>

#include "sim/base/exact_math.h"
#include "sim/base/random.h"

namespace kvern {

namespace {

std::uint64_t replayed(std::uint64_t rows, const TraceReplay& replay) {
  return std::min<std::uint64_t>(rows, replay.requests.value_or(UINT32_MAX));
}

}  // namespace

bool answer_is_found(const TraceReplay& replay, std::uint64_t row) {
  const double share = replay.answers.value_or(1);
  if (share >= 1 || share <= 0) return share >= 1;
  return Stream(replay.seed, "workload.answers").child(row).uniform() < share;
}

ReplayedRows::ReplayedRows(Trace whole, const TraceReplay& replay, std::optional<Reblocking> blocks,
                           std::optional<ChainNames> chain)
    : window_(std::move(whole)),
      rows_(replayed(window_.rows(), replay)),
      replay_(replay),
      scale_(replay.time_scale),
      blocks_(std::move(blocks)),
      chain_(std::move(chain)) {}

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

void ReplayedRows::fill(std::uint64_t row, SimTime time, Arrival& arrival) {
  const std::size_t i = at(row);
  arrival.id = static_cast<RequestId>(row);
  arrival.time = time;
  if (replay_.patience_ns) {
    const double patience =
        replay_.patience_ns->at(Stream(replay_.seed, "workload.patience").child(row).uniform());
    // 73 years hold 2^61 ns; who waits longer stays.
    arrival.leaves = patience < 0x1p61 ? time + exact::nearest_whole(patience) : kNever;
    arrival.hangs_up = replay_.hangs_up;
  }
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
  arrival.blocks = arrival.answer = {};
  if (chain_) {
    chain_->read(row, ids_, answer_);
  } else if (blocks_) {
    window_.blocks.read(i, ids_);
    answer_.clear();
    if (window_.answers.count(i) > 0 && answer_is_found(replay_, row)) {
      window_.answers.read(i, answer_);
    }
    blocks_->apply(arrival.prompt_tokens, arrival.output_tokens, ids_, answer_);
  } else {
    return;
  }
  arrival.blocks = ids_;
  arrival.answer = answer_;
}

}  // namespace kvern
