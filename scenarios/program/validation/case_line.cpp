#include "scenarios/program/validation/case_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/validation/allowed_error.h"
#include "scenarios/program/validation/case_metrics.h"
#include "scenarios/program/validation/measured_column.h"

namespace kvern {
namespace {

const char* verdict_word(const CaseLine& line, double limit) {
  if (line.bar.empty()) return "reported";
  if (!line.error) return "UNKNOWN";
  if (std::abs(*line.error) <= limit) return "ok";
  return line.known.empty() ? "OUTSIDE" : "known";
}

// Why the whole, or a group, is outside its bar today; "" = it must not be.
std::string known_miss(const MeasuredSpec& spec, const std::string& group) {
  if (group.empty()) return spec.known;
  const Config* reason = spec.known_groups ? spec.known_groups->find(group) : nullptr;
  return reason != nullptr ? reason->text : "";
}

std::string what_of(const MeasuredSpec& spec) {
  return spec.name.empty() ? spec.metric + " " + spec.statistic : spec.name + " " + spec.statistic;
}

// What a column of kind "rows" is compared with.
std::optional<double> summary_value(const Expression& metric, const Summary& summary) {
  std::vector<std::optional<double>> values;
  for (const std::string& name : metric.names()) values.push_back(summary_number(summary, name));
  return metric.value(values);
}

NamedUnit unit_of_rows(const MeasuredSpec& spec, const Expression& metric, const Summary& summary) {
  if (!spec.unit.empty()) return unit_of(spec.unit).value_or(NamedUnit{});
  if (metric.names().empty()) return {};
  return unit_of(summary_unit(summary, metric.names().front())).value_or(NamedUnit{});
}

// A [[measured]] of kind "rows": summaries of points beside rows of a table.
class RowComparison {
 public:
  RowComparison(const CasePlan& plan, const MeasuredSpec& spec,
                const std::vector<Summary>& summaries)
      : plan_(plan), spec_(spec), summaries_(summaries), table_(file_of(plan, spec)) {
    std::string why;
    Issues none;
    metric_ = Expression::parse(spec.metric, why);
    unit_ = unit_of_rows(spec, *metric_, summaries.front());
    column_ = MeasuredColumn::make(spec, table_, none);
  }

  std::size_t count() const { return table_.rows(); }

  void add(std::size_t point, std::size_t row, std::vector<MeasuredPair>& pairs) const {
    if (spec_.at && !at_point(plan_.points[point], *spec_.at)) return;
    const auto predicted = summary_value(*metric_, summaries_[point]);
    const auto measured = column_->value(row);
    if (!column_->selected(row) || !measured || !predicted) return;
    pairs.push_back({{*predicted * unit_.factor, *measured}, column_->group(row), row});
  }

  void append_pairs(const std::vector<MeasuredPair>& pairs, const std::string& point,
                    std::vector<CaseRow>& rows) const {
    append_rows(spec_, point, pairs, unit_, rows);
  }

  void append(const std::vector<MeasuredPair>& pairs, const std::string& point,
              std::vector<CaseLine>& lines) const {
    for (const MeasuredResult& result : summarise(spec_, pairs)) {
      CaseLine line = line_of(spec_, point, result);
      if (spec_.statistic != "exact") {
        line.unit = unit_.unit;
        if (line.predicted) *line.predicted /= unit_.factor;
        if (line.measured) *line.measured /= unit_.factor;
      }
      lines.push_back(std::move(line));
    }
  }

 private:
  static std::string file_of(const CasePlan& plan, const MeasuredSpec& spec) {
    return plan.spec.rows ? plan.spec.rows->file : spec.file;
  }

  const CasePlan& plan_;
  const MeasuredSpec& spec_;
  const std::vector<Summary>& summaries_;
  DataTable table_;
  std::optional<Expression> metric_;
  NamedUnit unit_;
  std::optional<MeasuredColumn> column_;
};

}  // namespace

CaseLine line_of(const MeasuredSpec& spec, const std::string& point, const MeasuredResult& result) {
  CaseLine line;
  line.what = what_of(spec);
  line.point = point;
  if (!result.group.empty()) line.point = spec.group + " = " + result.group;
  line.note = spec.note;
  line.peers = spec.peers;
  line.pairs = result.comparison.pairs;
  line.error = result.comparison.error;
  line.predicted = result.comparison.predicted;
  line.measured = result.comparison.measured;
  if (spec.statistic == "exact") {
    line.unit = "equal";
  } else if (const auto metric = find_metric(spec.kind, spec.metric)) {
    line.unit = metric->unit.unit;
    if (line.predicted) *line.predicted /= metric->unit.factor;
    if (line.measured) *line.measured /= metric->unit.factor;
  }
  std::string why;
  const auto bar = spec.bar ? read_bar(*spec.bar, why) : std::nullopt;
  line.points = bar && bar->points;
  if (bar) line.bar = bar_text(*bar);
  line.known = known_miss(spec, result.group);
  line.verdict = verdict_word(line, bar ? bar->share : 0);
  return line;
}

std::vector<CaseLine> lines_of_expects(const CasePlan& plan,
                                       const std::vector<Summary>& summaries) {
  std::vector<CaseLine> lines;
  for (const Verdict& verdict : judge(plan.expects, plan.points, summaries)) {
    CaseLine line;
    line.what = verdict.metric;
    line.point = verdict.point;
    line.predicted = verdict.got;
    line.measured = verdict.expected;
    line.unit = verdict.unit == "1" || verdict.unit == "share" ? "" : verdict.unit;
    if (verdict.got && verdict.expected != 0) line.error = *verdict.got / verdict.expected - 1;
    if (verdict.got && verdict.expected == 0) line.error = *verdict.got;
    const double scale = verdict.expected != 0 ? std::abs(verdict.expected) : 1;
    line.bar = bar_text({verdict.tolerance / scale, false});
    if (verdict.sense != "within") line.bar = verdict.sense;
    line.known = verdict.known;
    line.verdict = !verdict.got            ? "UNKNOWN"
                   : verdict.met           ? "ok"
                   : verdict.known.empty() ? "OUTSIDE"
                                           : "known";
    line.source = verdict.source;
    line.peers = verdict.peers;
    lines.push_back(std::move(line));
  }
  return lines;
}

void append_rows(const MeasuredSpec& spec, const std::string& point,
                 const std::vector<MeasuredPair>& pairs, const NamedUnit& unit,
                 std::vector<CaseRow>& rows) {
  std::string why;
  const Bar bar = spec.bar ? read_bar(*spec.bar, why).value_or(Bar()) : Bar();
  for (const MeasuredPair& each : pairs) {
    const auto& [predicted, measured] = each.pair;
    if (spec.statistic == "exact" && predicted == measured) continue;
    CaseRow row;
    row.what = what_of(spec);
    row.point = point;
    row.group = each.group;
    row.row = each.row + 1;
    row.predicted = predicted / unit.factor;
    row.measured = measured / unit.factor;
    row.unit = unit.unit;
    if (bar.points) row.error = predicted - measured;
    if (!bar.points && measured != 0) row.error = predicted / measured - 1;
    rows.push_back(std::move(row));
  }
}

std::vector<CaseLine> lines_of_rows(const CasePlan& plan, const std::vector<Summary>& summaries,
                                    std::vector<CaseRow>& pairs_of_rows) {
  std::vector<CaseLine> lines;
  for (const MeasuredSpec& given : plan.measured) {
    if (given.kind != "rows" || summaries.empty()) continue;
    const RowComparison rows(plan, given, summaries);
    if (plan.spec.rows) {
      std::vector<MeasuredPair> pairs;
      for (std::size_t i = 0; i < summaries.size(); ++i) {
        std::vector<MeasuredPair> own;
        rows.add(i, plan.row_of[i], own);
        rows.append_pairs(own, plan.points[i].label(), pairs_of_rows);
        pairs.insert(pairs.end(), own.begin(), own.end());
      }
      rows.append(pairs, "", lines);
      continue;
    }
    for (std::size_t i = 0; i < summaries.size(); ++i) {
      if (given.at && !at_point(plan.points[i], *given.at)) continue;
      std::vector<MeasuredPair> pairs;
      for (std::size_t row = 0; row < rows.count(); ++row) rows.add(i, row, pairs);
      rows.append(pairs, plan.points[i].label(), lines);
      rows.append_pairs(pairs, plan.points[i].label(), pairs_of_rows);
    }
  }
  return lines;
}

void judge_lines(CaseReport& report) {
  const auto has = [&report](const char* verdict) {
    return std::any_of(report.lines.begin(), report.lines.end(),
                       [verdict](const CaseLine& line) { return line.verdict == verdict; });
  };
  report.verdict = has("OUTSIDE") || has("UNKNOWN") ? "OUTSIDE"
                   : has("known")                   ? "known"
                   : has("ok")                      ? "ok"
                                                    : "reported";
}

}  // namespace kvern
