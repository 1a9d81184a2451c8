// The quantities of a run that measurements can be compared with, by the kind of their rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/text/data_table.h"
#include "scenarios/program/validation/case_spec.h"
#include "sim/base/config/parameters.h"

namespace kvern {

struct CaseMetric {
  const char* stem;  // "ttft" of "ttft_ms"
  const char* base;  // unit that its values are kept in: "s", "J", "W", "share", "" = a count
  const char* doc;
};

// Of kind "requests", "steps" or "series".
const std::vector<CaseMetric>& case_metrics(std::string_view kind);

// The metric of a [[measured]] and the unit it is shown in. Null when there is none.
struct ShownMetric {
  const CaseMetric* metric = nullptr;
  NamedUnit unit;
};
std::optional<ShownMetric> find_metric(std::string_view kind, const std::string& name);

// Of kind "steps": priced from the batch in the row, rather than read from the run's own steps.
bool priced_from_batch(std::string_view stem);

// Issues at the metric and the column.
void check_metric(Parameters& p, const MeasuredSpec& spec);

// For --help: a line a metric.
std::string describe_case_metrics();

}  // namespace kvern
