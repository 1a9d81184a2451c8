#include "analysis/text/data_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sim/base/io/byte_source.h"
#include "sim/base/io/csv.h"

namespace kvern {
namespace {

struct Unit {
  const char* name;
  const char* base;
  double factor;
};
// As names of columns end, after "_". Joules and watts in small letters, as there.
constexpr Unit kUnits[] = {{"ns", "s", 1e-9},      {"us", "s", 1e-6},    {"ms", "s", 1e-3},
                           {"s", "s", 1},          {"min", "s", 60},     {"h", "s", 3600},
                           {"nj", "J", 1e-9},      {"uj", "J", 1e-6},    {"mj", "J", 1e-3},
                           {"j", "J", 1},          {"kj", "J", 1e3},     {"wh", "J", 3600},
                           {"mw", "W", 1e-3},      {"w", "W", 1},        {"kw", "W", 1e3},
                           {"pct", "share", 0.01}, {"share", "share", 1}};

char separator_of(const std::string& path) {
  return path.find(".tsv") != std::string::npos ? '\t' : ',';
}

}  // namespace

DataTable::DataTable(const std::string& path) {
  ByteSource source(path);
  CsvReader csv(source, separator_of(path));
  header_ = csv.header();
  while (csv.next()) {
    for (std::size_t i = 0; i < header_.size(); ++i) cells_.emplace_back(csv.field(i));
    ++rows_;
  }
}

std::optional<std::size_t> DataTable::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

std::optional<double> DataTable::number(std::size_t row, std::size_t column) const {
  const std::string& cell = text(row, column);
  const char* begin = cell.data();
  const char* end = begin + cell.size();
  while (begin < end && (*begin == ' ' || *begin == '+')) ++begin;
  while (begin < end && end[-1] == ' ') --end;
  double value = 0;
  const auto result = std::from_chars(begin, end, value);
  if (result.ec != std::errc() || result.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

NamedUnit named_unit(std::string_view name) {
  NamedUnit out;
  out.stem = std::string(name);
  const std::size_t line = name.rfind('_');
  if (line == std::string_view::npos || line == 0) return out;
  if (name.substr(0, line).ends_with("_per")) return out;
  if (auto unit = unit_of(name.substr(line + 1)); unit && !unit->unit.empty()) {
    unit->stem = std::string(name.substr(0, line));
    return *unit;
  }
  return out;
}

std::optional<NamedUnit> unit_of(std::string_view unit) {
  if (unit == "1") return NamedUnit{};
  if (unit == "%") unit = "pct";
  std::string small(unit);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Unit& known : kUnits) {
    if (small == known.name) return NamedUnit{"", known.name, known.base, known.factor};
  }
  return std::nullopt;
}

std::string known_units() {
  std::string out;
  for (const Unit& unit : kUnits) out += (out.empty() ? "" : ", ") + std::string(unit.name);
  return out;
}

}  // namespace kvern
