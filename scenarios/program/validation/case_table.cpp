// The table of `kvern validate`, for people and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/program/validation/case_line.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

std::string number_text(const std::optional<double>& value, const std::string& unit) {
  if (!value) return "unknown";
  const std::string number = fmt::format("{:.5g}", *value);
  return unit.empty() ? number : number + " " + unit;
}

std::string error_text(const CaseLine& line) {
  if (!line.error) return "-";
  if (line.points) return fmt::format("{:+.2f} points", *line.error * 100);
  if (line.unit == "equal") return fmt::format("{:.4g} %", *line.error * 100);
  return fmt::format("{:+.2f} %", *line.error * 100);
}

std::vector<std::string> cells_of(const CaseLine& line) {
  std::string what = line.what;
  if (!line.point.empty()) what += " [" + line.point + "]";
  if (line.pairs > 0) what += fmt::format(" (n={})", line.pairs);
  std::string tail = line.peers.empty() ? "" : "peers: " + line.peers;
  const std::string known = line.known.empty() ? ""
                            : line.verdict == "ok"
                                ? "met again: its `known` can go (" + line.known + ")"
                                : "known: " + line.known;
  for (const std::string& more : {line.source, line.note, known}) {
    if (!more.empty()) tail += (tail.empty() ? "" : "; ") + more;
  }
  return {what,
          number_text(line.predicted, line.unit),
          number_text(line.measured, line.unit),
          error_text(line),
          line.bar.empty() ? "-" : line.bar,
          line.verdict,
          tail};
}

std::string padded(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(7, 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = fmt::format("  {:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < 5; ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
    line += fmt::format("  {:<{}}  {}", row[5], widths[5], row[6]);
    while (line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string json_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string json_line(const CaseReport& report, const CaseLine& line) {
  return fmt::format(
      "{{\"case\": {}, \"what\": {}, \"point\": {}, \"predicted\": {}, \"measured\": {}, "
      "\"unit\": {}, \"error\": {}, \"bar\": {}, \"verdict\": {}, \"known\": {}, \"pairs\": {}, "
      "\"source\": {}, \"peers\": {}, \"note\": {}}}",
      toml_text(report.name), toml_text(line.what), toml_text(line.point),
      json_number(line.predicted), json_number(line.measured), toml_text(line.unit),
      json_number(line.error), toml_text(line.bar), toml_text(line.verdict), toml_text(line.known),
      line.pairs, toml_text(line.source.empty() ? report.source : line.source),
      toml_text(line.peers), toml_text(line.note));
}

std::string json_row(const CaseRow& row) {
  // A step that the run never made has no number.
  const std::string predicted =
      std::isfinite(row.predicted) ? fmt::format("{}", row.predicted) : "null";
  return fmt::format(
      "{{\"what\": {}, \"point\": {}, \"group\": {}, \"row\": {}, \"predicted\": {}, "
      "\"measured\": {}, \"unit\": {}, \"error\": {}}}",
      toml_text(row.what), toml_text(row.point), toml_text(row.group), row.row, predicted,
      row.measured, toml_text(row.unit),
      json_number(row.error && std::isfinite(*row.error) ? row.error : std::nullopt));
}

std::string counts_text(const std::vector<CaseReport>& reports) {
  const auto with = [&reports](std::string_view verdict) {
    return static_cast<std::size_t>(
        std::count_if(reports.begin(), reports.end(),
                      [verdict](const CaseReport& report) { return report.verdict == verdict; }));
  };
  const std::size_t outside = with("OUTSIDE") + with("FAILED");
  return fmt::format(
      "{} cases within their bars, {} with known misses only, {} outside, {} without a verdict\n",
      with("ok"), with("known"), outside, reports.size() - with("ok") - with("known") - outside);
}

}  // namespace

std::string cases_text(const std::vector<CaseReport>& reports) {
  std::string out;
  for (const CaseReport& report : reports) {
    out += fmt::format("{}: {}\n", report.name, report.verdict);
    if (!report.source.empty()) out += fmt::format("  source: {}\n", report.source);
    if (!report.note.empty()) out += fmt::format("  note: {}\n", report.note);
    if (report.lines.empty()) continue;
    std::vector<std::vector<std::string>> rows{
        {"what", "predicted", "measured", "error", "bar", "verdict", ""}};
    for (const CaseLine& line : report.lines) rows.push_back(cells_of(line));
    out += padded(rows);
  }
  return out + counts_text(reports);
}

std::string cases_json(const std::vector<CaseReport>& reports) {
  std::string out = "[";
  for (const CaseReport& report : reports) {
    std::string lines;
    for (const CaseLine& line : report.lines) {
      lines += (lines.empty() ? "\n    " : ",\n    ") + json_line(report, line);
    }
    std::string rows;
    for (const CaseRow& row : report.rows) {
      rows += (rows.empty() ? "\n    " : ",\n    ") + json_row(row);
    }
    out += fmt::format(
        "{}\n  {{\"case\": {}, \"source\": {}, \"note\": {}, \"verdict\": {}, "
        "\"results\": [{}], \"rows\": [{}]}}",
        out.size() > 1 ? "," : "", toml_text(report.name), toml_text(report.source),
        toml_text(report.note), toml_text(report.verdict), lines, rows);
  }
  return out + "\n]\n";
}

}  // namespace kvern
