// Independent pieces of work on all cores of this process.
#pragma once

#include <cstddef>
#include <functional>

namespace kvern {

// Calls work(i) once for every i below `count`, in any order, on as many threads as there are
// cores. `work` must not touch what another call writes. The first exception (by i) is thrown again
// when all have ended; none is begun after one was thrown, or after a signal (scenarios/signals.h).
void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace kvern
