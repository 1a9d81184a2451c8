// What the same machine does at the same moment without any of Kvern's code. Machines differ by two
// to three times, and one machine by its neighbours; a row's rate over its reference differs less,
// so verdicts go by that ratio.
#pragma once

#include "sim/base/worker_pool.h"

namespace kvern::bench {

struct Reference {
  double rate;      // measured now, a second
  double at_goals;  // on the machine for which the goals were set
};

// A fixed loop of what a simulator is made of: a heap of 64 events, a hash, two places of a table
// of 4 MiB. Events a second of this thread's time. It isn't the stepwise engine: that shares its
// queues and its admission with what is judged, so they could slow down unseen.
Reference events();
// Products of 512 x 512 matrices by the BLAS, one a thread: floating-point operations a second of
// the clock on the wall, as the rows with threads are timed.
Reference products(WorkerPool& pool);

}  // namespace kvern::bench
