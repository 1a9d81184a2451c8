#include "scenarios/program/validation/case_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "scenarios/program/read/set_value.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/validation/measured_column.h"

namespace kvern {
namespace {

// Fills templates: "constant(value={isl})", "{round...}".
class Filler {
 public:
  Filler(const CaseRows& rows, const DataTable& table, Issues& issues)
      : rows_(rows), table_(table), issues_(issues) {}

  // Null, with an issue once a template, when a column is absent or a cell empty.
  std::optional<std::string> fill(const Config& text, std::size_t row) {
    std::string out;
    const std::string& from = text.text;
    for (std::size_t at = 0; at < from.size();) {
      const std::size_t open = from.find('{', at);
      out += from.substr(at, open - at);
      if (open == std::string::npos) break;
      const std::size_t close = from.find('}', open);
      if (close == std::string::npos) {
        issues_.error(text.where, "a \"{\" without \"}\"");
        return std::nullopt;
      }
      const auto value = value_of(from.substr(open + 1, close - open - 1), row, text.where);
      if (!value) return std::nullopt;
      out += *value;
      at = close + 1;
    }
    return out;
  }

 private:
  std::optional<std::string> value_of(const std::string& name, std::size_t row,
                                      const Location& where) {
    if (const auto column = table_.column(name)) {
      const std::string& cell = table_.text(row, *column);
      if (const Config* other = rows_.names.find(cell)) return other->text;
      const auto number = table_.number(row, *column);
      if (number && *number == std::floor(*number)) return fmt::format("{:.0f}", *number);
      return cell.empty() ? fail(where, name, row) : cell;
    }
    std::string why;
    const auto expression = Expression::parse(name, why);
    if (!expression) {
      issues_.error(where, fmt::format("\"{{{}}}\": {}", name, why));
      return std::nullopt;
    }
    std::vector<std::optional<double>> values;
    for (const std::string& part : expression->names()) {
      const auto column = table_.column(part);
      if (!column) {
        issues_.error(where, fmt::format("{} has no column \"{}\"", rows_.file, part),
                      did_you_mean(part, table_.header()));
        return std::nullopt;
      }
      values.push_back(table_.number(row, *column));
    }
    const auto value = expression->value(values);
    // Most keys take whole numbers.
    return value ? fmt::format("{}", std::llround(*value)) : fail(where, name, row);
  }

  std::optional<std::string> fail(const Location& where, const std::string& name, std::size_t row) {
    issues_.error(where, fmt::format("{}: row {} has no {}", rows_.file, row + 1, name),
                  "leave such rows out with `only`");
    return std::nullopt;
  }

  const CaseRows& rows_;
  const DataTable& table_;
  Issues& issues_;
};

}  // namespace

std::vector<RowPoint> row_points(const CaseRows& rows, const Config& root, Issues& issues) {
  const DataTable table(rows.file);
  std::vector<RowPoint> points;
  if (rows.only) check_only(table, *rows.only, issues);
  Filler filler(rows, table, issues);
  for (std::size_t row = 0; row < table.rows() && !issues.any_error(); ++row) {
    if (rows.only && !row_matches(table, row, *rows.only)) continue;
    RowPoint next{row, {{}, root}};
    for (const Config::Member& member : rows.set.members) {
      Config value = member.value;
      if (value.kind == Config::Kind::Text) {
        const auto text = filler.fill(value, row);
        if (!text) return {};
        value = read_toml_value(*text, value.where);
      }
      set_value(next.point.root, member.key, value, issues);
      next.point.settings.emplace_back(member.key, std::move(value));
    }
    points.push_back(std::move(next));
  }
  if (points.empty() && !issues.any_error()) {
    issues.error(rows.where, fmt::format("no row of {} is selected", rows.file));
  }
  return points;
}

}  // namespace kvern
