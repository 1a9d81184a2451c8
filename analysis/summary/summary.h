// What a run did, as named values: the summary. Names, order and meaning are those that others'
// scripts depend on: add, never rename. One list (summary.cpp) holds name, unit, description and
// formula of each; the JSON, the table on the terminal and `kvern describe records` all read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analysis/run/run_records.h"
#include "sim/ledger.h"

namespace kvern {

// monostate: unknown (null in JSON, "-" in the table), never 0.
using SummaryValue = std::variant<std::monostate, bool, std::uint64_t, double, std::string>;

struct SummaryEntry {
  std::string name;  // "energy_j_by.idle" is member "idle" of the object "energy_j_by"
  std::string unit;  // "ms", "tokens/s"; "share": 0..1; "1": a plain number
  std::string description;
  SummaryValue value;
};

struct Summary {
  struct Pool {
    std::string name;
    std::vector<SummaryEntry> entries;
  };
  std::vector<SummaryEntry> entries;  // of the whole run
  std::vector<Pool> pools;            // the same names, less those of the run as a whole

  // The value of a name, unknown when there is no such name.
  const SummaryValue& value(std::string_view name) const;
};
const SummaryValue& value(const std::vector<SummaryEntry>& entries, std::string_view name);
// Gives each entry of a name its value; an unknown value changes nothing.
void put(std::vector<SummaryEntry>& entries, std::string_view name, const SummaryValue& value);
template <class Value>
void put(std::vector<SummaryEntry>& entries, std::string_view name,
         const std::optional<Value>& value) {
  if (value) put(entries, name, SummaryValue(*value));
}

struct RunFacts {
  std::string scenario;
  std::uint64_t seed = 0;
  bool clairvoyant = false;
  std::string stopped = "drained";  // "stop", "signal"
  SimTime duration_ns = 0;          // from the first arrival to the last event
};

// `pools`: a ledger a pool, at least one, in the order of records.settings().pools.
Summary make_summary(const RunFacts& facts, std::span<const Ledger> pools,
                     const RunRecords& records);

// One JSON object, a line a name, ending in a newline. Numbers are the shortest that read back.
std::string summary_json(const Summary& summary);

// The table for the terminal: groups of rows, pools as columns when there are several.
std::string summary_table(const Summary& summary);

// What `kvern describe records` says of summary.json: names, units, meanings.
std::string describe_summary();

}  // namespace kvern
