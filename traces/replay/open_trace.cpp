#include "traces/replay/open_trace.h"

#include "sim/base/outside_error.h"

namespace kvern {

void OpenTrace::find_next() {
  time_ = kNever;
  try {
    while (row_ < rows_.size() && rows_.dropped(row_)) ++row_;
    if (row_ < rows_.size()) time_ = rows_.time(row_);
  } catch (const OutsideError& error) {
    failure_ = error.what();
  }
}

// find_next() loaded the window that holds row_; the blocks given are a copy, so that looking for
// the next row leaves them valid.
void OpenTrace::pop(Arrival& arrival) {
  rows_.fill(row_, time_, arrival);
  ++row_;
  find_next();
}

}  // namespace kvern
