#include "scenarios/program/validation/case_plan.h"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/expectation.h"
#include "scenarios/program/validation/case_rows.h"
#include "scenarios/program/validation/measured_column.h"
#include "scenarios/program/validation/measured_run.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

const Config* at_path(const Config& root, std::initializer_list<const char*> keys) {
  const Config* node = &root;
  for (const char* key : keys) node = node != nullptr ? node->find(key) : nullptr;
  return node;
}

// The first file that the case names and that isn't there, as it is named.
std::string absent_data(const std::string& file, const Config& root) {
  std::vector<const Config*> names{at_path(root, {"workload", "trace"}),
                                   at_path(root, {"case", "rows", "file"}),
                                   at_path(root, {"case", "forced", "file"})};
  if (const Config* measured = root.find("measured")) {
    for (const Config& each : measured->items) names.push_back(each.find("file"));
  }
  for (const Config* name : names) {
    if (name == nullptr || name->kind != Config::Kind::Text) continue;
    std::error_code error;
    if (!fs::exists(named_path(name->text, fs::path(file).parent_path()), error)) return name->text;
  }
  return "";
}

// A column that the file lacks is an error of the case, told before any run.
void check_columns(const MeasuredSpec& spec, const std::optional<CaseRows>& rows,
                   const Summary& names, Issues& issues) {
  MeasuredSpec whole = spec;
  if (spec.kind == "rows") {
    if (rows.has_value() == !spec.file.empty()) {
      issues.error(spec.where,
                   rows ? "rows are those of the [case.rows] file"
                        : "kind \"rows\" needs a file, or [case.rows]",
                   rows ? "leave out file" : "file = \"...\"");
      return;
    }
    if (rows) whole.file = rows->file;
    std::string why;
    const auto metric = Expression::parse(spec.metric, why);
    for (const std::string& name : metric ? metric->names() : std::vector<std::string>()) {
      check_summary_name(name, names, spec.where, issues);
    }
  }
  MeasuredColumn::make(whole, DataTable(whole.file), issues);
}

void add_points(const std::string& file, const Config& root, const Scenario& base, CasePlan& plan,
                Issues& issues) {
  std::vector<RowPoint> rows{{0, {{}, root}}};
  if (plan.spec.rows) rows = row_points(*plan.spec.rows, root, issues);
  for (const RowPoint& row : rows) {
    for (SweepPoint& point : sweep_points(row.point.root, base.sweeps, issues)) {
      Issues own;
      auto scenario = read_scenario(point.root, file, own);
      if (plan.scenarios.empty() || own.any_error()) append_new(issues, own);
      if (issues.any_error() || !scenario) return;
      record_what_is_measured(plan.measured, *scenario);
      point.settings.insert(point.settings.begin(), row.point.settings.begin(),
                            row.point.settings.end());
      plan.scenarios.push_back(std::move(*scenario));
      plan.points.push_back(std::move(point));
      plan.row_of.push_back(row.row);
    }
  }
}

// What every row and every point of a sweep sets must be there before the keys of the file can be
// checked as a whole.
Config with_first_point(const std::string& file, const Config& root) {
  Issues ignored;
  const Scenario alone = read_scenario_keys(root, file, ignored);
  Config first = root;
  Issues later;
  if (alone.validation && alone.validation->rows) {
    const auto rows = row_points(*alone.validation->rows, root, later);
    if (!rows.empty()) first = rows.front().point.root;
  }
  const auto points = sweep_points(first, alone.sweeps, later);
  return points.empty() ? first : points.front().root;
}

}  // namespace

std::optional<CasePlan> plan_case(const std::string& file, Issues& issues) {
  const auto root = read_toml(file, issues);
  if (!root) return std::nullopt;
  CasePlan plan;
  plan.file = file;
  plan.absent = absent_data(file, *root);
  if (!plan.absent.empty()) {
    const Config* name = at_path(*root, {"case", "name"});
    plan.spec.name = name != nullptr && name->kind == Config::Kind::Text
                         ? name->text
                         : fs::path(file).parent_path().filename().string();
    return plan;
  }
  const Scenario base = read_scenario_keys(with_first_point(file, *root), file, issues);
  if (!base.validation) {
    issues.error({file, 0, 0}, "there is no [case]", "name = \"...\" in a [case] makes it one");
  } else if (base.measured.empty() && base.expects.empty() && base.validation->needs.empty()) {
    issues.error({file, 0, 0}, "nothing to compare", "add a [[measured]] or an [[expect]]");
  }
  if (issues.any_error()) return std::nullopt;
  plan.spec = *base.validation;
  plan.expects = base.expects;
  plan.measured = base.measured;
  if (!plan.spec.needs.empty()) return plan;
  const Summary names = empty_summary(base);
  for (const MeasuredSpec& spec : plan.measured) {
    check_columns(spec, plan.spec.rows, names, issues);
  }
  if (issues.any_error()) return std::nullopt;
  add_points(file, *root, base, plan, issues);
  check_expects(plan.expects, plan.points, names, issues);
  if (issues.any_error()) return std::nullopt;
  return plan;
}

}  // namespace kvern
