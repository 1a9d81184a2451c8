// `kvern bench`: the benchmark program that is built beside this one.
#pragma once

namespace kvern {

// Becomes that program; returns only by throwing OutsideError, when there is none.
int bench_command(bool json);

}  // namespace kvern
