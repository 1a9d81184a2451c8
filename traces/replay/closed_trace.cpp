#include "traces/replay/closed_trace.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "traces/replay/turns.h"

namespace kvern {

ClosedTrace::ClosedTrace(ReplayedRows rows) : rows_(std::move(rows)) {
  const auto count = static_cast<std::uint32_t>(rows_.size());
  waits_left_.assign(count, 0);
  last_finish_.assign(count, 0);
  find_untold_waits();
  find_followers();
  for (std::uint32_t row = 0; row < count; ++row) {
    if (waits_left_[row] == 0) ready_.push_back({rows_.time(row), row});
  }
  std::make_heap(ready_.begin(), ready_.end(), is_later);
  pass_dropped();
}

void ClosedTrace::find_untold_waits() {
  const Trace& trace = rows_.whole();
  before_ = rows_before(trace);
  before_.resize(waits_left_.size(), -1);
  if (trace.waits_offset.empty()) return;
  for (std::size_t row = 0; row < before_.size(); ++row) {
    if (trace.waits_offset[row] < trace.waits_offset[row + 1]) before_[row] = -1;
  }
}

// Turns "row waits for on[...]" around. Waits are earlier rows, so none is beyond the last
// replayed.
void ClosedTrace::find_followers() {
  const Trace& trace = rows_.whole();
  const std::size_t count = waits_left_.size();
  const auto each_wait = [&](auto use) {
    for (std::uint32_t row = 0; row < count; ++row) {
      if (before_[row] >= 0) use(row, static_cast<std::size_t>(before_[row]));
      if (trace.waits_offset.empty()) continue;
      for (std::uint64_t i = trace.waits_offset[row]; i < trace.waits_offset[row + 1]; ++i) {
        use(row, static_cast<std::size_t>(trace.waits_on[i]));
      }
    }
  };
  offset_.assign(count + 1, 0);
  each_wait([&](std::uint32_t, std::size_t on) { ++offset_[on + 1]; });
  std::partial_sum(offset_.begin(), offset_.end(), offset_.begin());
  followers_.resize(offset_.back());
  std::vector<std::uint64_t> next(offset_.begin(), offset_.end() - 1);
  each_wait([&](std::uint32_t row, std::size_t on) {
    followers_[next[on]++] = row;
    ++waits_left_[row];
  });
}

void ClosedTrace::push(Ready ready) {
  ready_.push_back(ready);
  std::push_heap(ready_.begin(), ready_.end(), is_later);
}

ClosedTrace::Ready ClosedTrace::take() {
  std::pop_heap(ready_.begin(), ready_.end(), is_later);
  const Ready first = ready_.back();
  ready_.pop_back();
  return first;
}

void ClosedTrace::release(std::uint32_t row, SimTime now) {
  for (std::uint64_t i = offset_[row]; i < offset_[row + 1]; ++i) {
    const std::uint32_t follower = followers_[i];
    last_finish_[follower] = std::max(last_finish_[follower], now);
    if (--waits_left_[follower] > 0) continue;
    if (before_[follower] >= 0) {
      push({std::max(last_finish_[follower], rows_.time(follower)), follower});
    } else {
      push({last_finish_[follower] + rows_.whole().delay_ns[follower], follower});
    }
  }
}

// A request left out is finished when it would have arrived.
void ClosedTrace::pass_dropped() {
  while (!ready_.empty() && rows_.dropped(ready_.front().row)) {
    const Ready first = take();
    release(first.row, first.time);
  }
}

void ClosedTrace::pop(Arrival& arrival) {
  const Ready first = take();
  rows_.fill(first.row, first.time, arrival);
  pass_dropped();
}

void ClosedTrace::finished(RequestId request, SimTime now) {
  release(index(request), now);
  pass_dropped();
}

}  // namespace kvern
