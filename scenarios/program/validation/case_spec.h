// What makes a scenario a validation case: [case] and [[measured]], as plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/config/config.h"
#include "sim/base/time.h"

namespace kvern {

// [case.rows]: one run a row of a table, its columns put into keys.
struct CaseRows {
  Location where;
  std::string file;
  std::optional<Config> only;  // rows whose columns have these values
  Config set;                  // path of a key = text with {column}, or {expression of columns}
  Config names;                // what is written for a text in a column
};

// [case.forced]: each step lasts as long as the measured iteration of the same number.
struct ForcedSchedule {
  Location where;
  std::string file;
  std::string start, end;  // columns, with the unit at their end
};

struct CaseSpec {
  Location where;
  std::string name, source, note;
  std::string needs;  // what Kvern lacks: the case is shown, not run, and does not count
  std::optional<CaseRows> rows;
  std::optional<ForcedSchedule> forced;
};

// What a whole server draws: base + slope x its GPU boards.
struct ServerWatts {
  double base_watts = 0;
  double slope = 1;
};

// [[measured]]: a column beside the same quantity of the run.
struct MeasuredSpec {
  Location where;
  Location column_where;
  std::string file;
  std::string kind;  // "requests", "steps", "series", "rows"
  std::string column, metric, statistic;
  std::string unit;  // of the column; "" = as its name ends
  std::optional<Config> bar;
  std::optional<Config> only;          // rows of the file whose columns have these values
  std::optional<Config> at;            // `where`: the points it speaks of
  std::string group;                   // column: judged apart for each of its values too
  std::string name;                    // in tables; "" = metric and statistic
  std::string known;                   // why it is outside its bar today; "" = it must not be
  std::optional<Config> known_groups;  // the same for values of `group`: "vllm" = "why"
  std::string note, peers;
  // Of series
  std::string time;  // column; "" = by its usual names
  SimTime bin = kSecond;
  SimTime shift = 0;
  SimTime until = kNever;
  bool counter = false;  // the column accumulates
  ServerWatts server;
};

}  // namespace kvern
