#include "scenarios/program/validation/measured_column.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/program/validation/case_metrics.h"

namespace kvern {
namespace {

// The columns of recorded requests, under the names that others give them. Clocks: what was queued
// is what the others are counted from.
std::string name_of(const DataTable& table, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const char* unit : {"_s", "_ms", "_us", "_ns"}) {
      if (table.column(name + unit)) return name + unit;
    }
  }
  return names.front() + "_s";
}

// What a metric of requests is called in the file, where it isn't a column of its own.
std::string usual_column(const MeasuredSpec& spec, const DataTable& table) {
  if (table.column(spec.metric)) return spec.metric;
  const auto metric = find_metric(spec.kind, spec.metric);
  const std::string stem = metric ? metric->metric->stem : "";
  for (const char* unit : {"_s", "_ms", "_us", "_ns", "_j", "_mj", "_w", "_pct"}) {
    if (metric && *metric->metric->base != 0 && table.column(stem + unit)) return stem + unit;
  }
  const std::string begin = name_of(table, {"queued", "arrival"});
  const std::string first = name_of(table, {"first_token"});
  const std::string last = name_of(table, {"finish", "last_token"});
  std::string output = table.column("output") ? "output" : "output_tokens";
  if (spec.kind == "requests") {
    if (stem == "queue") return name_of(table, {"first_scheduled", "scheduled"}) + " - " + begin;
    if (stem == "ttft") return first + " - " + begin;
    if (stem == "e2e") return last + " - " + begin;
    if (stem == "tpot") return "(" + last + " - " + first + ") / (" + output + " - 1)";
    if (stem == "output_tokens") return output;
    if (stem == "prompt_tokens") return "prompt";
  }
  if (spec.kind == "steps" && stem == "time" && table.column("gpu_us")) return "gpu_us";
  return spec.metric;
}

// Of steps: the codes of records.h5.
std::optional<double> step_kind(const std::string& word) {
  if (word == "prefill" || word == "chunk") return 0;
  if (word == "decode") return 1;
  return word == "mixed" ? std::optional(2.0) : std::nullopt;
}

bool cell_is(const DataTable& table, std::size_t row, std::size_t column, const Config& value) {
  if (value.kind == Config::Kind::Array) {
    return std::any_of(value.items.begin(), value.items.end(),
                       [&](const Config& item) { return cell_is(table, row, column, item); });
  }
  if (value.kind == Config::Kind::Text) return table.text(row, column) == value.text;
  const auto number = table.number(row, column);
  const double wanted =
      value.kind == Config::Kind::Integer ? static_cast<double>(value.integer) : value.number;
  return number && *number == wanted;
}

}  // namespace

std::optional<std::size_t> first_column(const DataTable& table,
                                        const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const auto found = table.column(name)) return found;
  }
  return std::nullopt;
}

bool row_matches(const DataTable& table, std::size_t row, const Config& only) {
  return std::all_of(only.members.begin(), only.members.end(), [&](const Config::Member& member) {
    const auto column = table.column(member.key);
    return column && cell_is(table, row, *column, member.value);
  });
}

void check_only(const DataTable& table, const Config& only, Issues& issues) {
  for (const Config::Member& member : only.members) {
    if (table.column(member.key)) continue;
    issues.error(member.where, fmt::format("the file has no column \"{}\"", member.key),
                 did_you_mean(member.key, table.header()));
  }
}

std::optional<MeasuredColumn> MeasuredColumn::make(const MeasuredSpec& spec, const DataTable& table,
                                                   Issues& issues) {
  MeasuredColumn out(table);
  std::string why;
  const std::string text = spec.column.empty() ? usual_column(spec, table) : spec.column;
  out.expression_ = Expression::parse(text, why);
  if (!out.expression_) return std::nullopt;  // told by check_metric
  bool found = true;
  const auto lacks = [&](const std::string& name) {
    issues.error(spec.column_where, fmt::format("{} has no column \"{}\"", spec.file, name),
                 did_you_mean(name, table.header()));
    found = false;
  };
  for (const std::string& name : out.expression_->names()) {
    const auto column = table.column(name);
    if (!column) lacks(name);
    out.columns_.push_back(column.value_or(0));
    out.factors_.push_back(spec.unit.empty() ? named_unit(name).factor : 1);
  }
  const auto& names = out.expression_->names();
  const NamedUnit unit = !spec.unit.empty() ? unit_of(spec.unit).value_or(NamedUnit{})
                         : names.empty()    ? NamedUnit{}
                                            : named_unit(names.front());
  if (!spec.unit.empty()) out.factor_ = unit.factor;
  out.base_ = unit.base;
  out.step_kinds_ = spec.kind == "steps" && spec.metric == "kind";
  out.only_ = spec.only;
  if (spec.only) {
    const bool before = issues.any_error();
    check_only(table, *spec.only, issues);
    found = found && before == issues.any_error();
  }
  if (!spec.group.empty()) {
    out.group_ = table.column(spec.group);
    if (!out.group_) lacks(spec.group);
  }
  return found ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<double> MeasuredColumn::value(std::size_t row) const {
  std::vector<std::optional<double>> values;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto number = table_->number(row, columns_[i]);
    if (!number && step_kinds_) number = step_kind(table_->text(row, columns_[i]));
    values.push_back(number ? std::optional(*number * factors_[i]) : std::nullopt);
  }
  const auto value = expression_->value(values);
  return value ? std::optional(*value * factor_) : std::nullopt;
}

bool MeasuredColumn::selected(std::size_t row) const {
  return !only_ || row_matches(*table_, row, *only_);
}

std::string MeasuredColumn::group(std::size_t row) const {
  return group_ ? table_->text(row, *group_) : "";
}

}  // namespace kvern
