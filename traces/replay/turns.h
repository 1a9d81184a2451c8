// What the rows of a trace say about turns: which row a request goes on from, and under which names
// its answer is found by the turn after it.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/replay/trace.h"

namespace kvern {

// Of each row: its parent, else the row before it in its session; -1 none. Empty: there are no
// turns.
std::vector<std::int32_t> rows_before(const Trace& trace);

// Fills trace.answers where it can be told: a later row that says it goes on from this one, is long
// enough to hold its answer, and has the same full blocks so far (the first such row). Rows whose
// answers are named already keep them.
void name_answers(Trace& trace);

}  // namespace kvern
