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
  return std::abs(*line.error) <= limit ? "ok" : "OUTSIDE";
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
    pairs.push_back({{*predicted * unit_.factor, *measured}, column_->group(row)});
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
  line.what = spec.metric + " " + spec.statistic;
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
  // Groups are shown; the bar is for the whole.
  if (bar && result.group.empty()) line.bar = bar_text(*bar);
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
    line.verdict = !verdict.got ? "UNKNOWN" : verdict.met ? "ok" : "OUTSIDE";
    line.source = verdict.source;
    line.peers = verdict.peers;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<CaseLine> lines_of_rows(const CasePlan& plan, const std::vector<Summary>& summaries) {
  std::vector<CaseLine> lines;
  for (const MeasuredSpec& given : plan.measured) {
    if (given.kind != "rows" || summaries.empty()) continue;
    const RowComparison rows(plan, given, summaries);
    if (plan.spec.rows) {
      std::vector<MeasuredPair> pairs;
      for (std::size_t i = 0; i < summaries.size(); ++i) rows.add(i, plan.row_of[i], pairs);
      rows.append(pairs, "", lines);
      continue;
    }
    for (std::size_t i = 0; i < summaries.size(); ++i) {
      if (given.at && !at_point(plan.points[i], *given.at)) continue;
      std::vector<MeasuredPair> pairs;
      for (std::size_t row = 0; row < rows.count(); ++row) rows.add(i, row, pairs);
      rows.append(pairs, plan.points[i].label(), lines);
    }
  }
  return lines;
}

void judge_lines(CaseReport& report) {
  bool judged = false;
  report.verdict = "ok";
  for (const CaseLine& line : report.lines) {
    judged = judged || !line.bar.empty();
    if (line.verdict == "OUTSIDE" || line.verdict == "UNKNOWN") report.verdict = "OUTSIDE";
  }
  if (!judged) report.verdict = "reported";
}

}  // namespace kvern
