#include "sim/batch/request.h"

#include <algorithm>
#include <utility>

namespace kvern {

void Request::reset(const Arrival& newcomer, std::uint32_t block_size) {
  // The vectors keep their capacity.
  std::vector<BelowSlot> fetching_kept = std::move(fetching);
  std::vector<std::uint32_t> ids_kept = std::move(block_ids);
  std::vector<std::uint32_t> blocks_kept = std::move(blocks);
  std::vector<std::uint32_t> order_kept = std::move(order);
  std::vector<RetainedBlock> retained_kept = std::move(retained);
  *this = Request{};
  fetching = std::move(fetching_kept);
  block_ids = std::move(ids_kept);
  blocks = std::move(blocks_kept);
  order = std::move(order_kept);
  retained = std::move(retained_kept);
  id = newcomer.id;
  tenant = newcomer.tenant;
  category = newcomer.category;
  prompt = newcomer.prompt_tokens;
  output = newcomer.output_tokens;
  max_tokens = newcomer.max_tokens;
  declares = newcomer.declares;
  session = newcomer.session;
  priority = newcomer.priority;
  arrival = newcomer.time;
  leaves = newcomer.leaves;
  if (block_size == 0) return;
  // An engine shares full blocks only: the id of a partial last block of the prompt never counts.
  const std::size_t full = prompt / block_size;
  const std::size_t named_blocks = std::min(newcomer.blocks.size(), full);
  block_ids.assign(newcomer.blocks.begin(),
                   newcomer.blocks.begin() + static_cast<std::ptrdiff_t>(named_blocks));
  if (named_blocks == full && !newcomer.answer.empty()) {
    block_ids.insert(block_ids.end(), newcomer.answer.begin(), newcomer.answer.end());
    const auto [low, high] = std::minmax_element(newcomer.answer.begin(), newcomer.answer.end());
    lowest_answer_id = *low;
    highest_answer_id = *high;
  }
  ids = static_cast<std::uint32_t>(block_ids.size());
}

RequestRow Request::row(RequestStatus status, std::uint16_t pool, std::uint16_t replica,
                        SimTime now) const {
  RequestRow row;
  row.id = index(id);
  row.status = status;
  row.pool = pool;
  row.replica = replica;
  row.tenant = tenant;
  row.preemptions = preemptions;
  row.arrival_ns = arrival;
  row.first_scheduled_ns = first_scheduled;
  row.first_token_ns = first_token;
  const bool ended = status == RequestStatus::Finished || status == RequestStatus::Cancelled;
  row.finish_ns = ended ? now : -1;
  row.prompt_tokens = prompt;
  row.output_tokens = generated;
  row.cached_tokens = cached;
  row.resumed_tokens = resumed;
  row.recomputed_tokens = recomputed;
  row.energy_nj = picojoules / 1000;
  return row;
}

}  // namespace kvern
