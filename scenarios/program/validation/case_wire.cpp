#include "scenarios/program/validation/case_wire.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "scenarios/program/run/summary_wire.h"

// A line a result ("R") or pair ("P"), its parts apart by tabs and the group last, since it may
// hold anything but a line break; an empty line; the summary.
namespace kvern {
namespace {

std::string optional_text(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string("-");
}

std::optional<double> optional_number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// The first `count` parts; what follows them comes last.
std::vector<std::string> parts_of(const std::string& line, std::size_t count) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t tab = 0; parts.size() < count && (tab = line.find('\t', at)) != line.npos;
       at = tab + 1) {
    parts.push_back(line.substr(at, tab - at));
  }
  parts.push_back(line.substr(at));
  return parts;
}

std::size_t count_of(const std::string& text) {
  return static_cast<std::size_t>(optional_number(text).value_or(0));
}

}  // namespace

std::string point_text(const PointResult& result) {
  std::string text;
  for (const auto& [index, each] : result.results) {
    const Comparison& c = each.comparison;
    text += fmt::format("R\t{}\t{}\t{}\t{}\t{}\t{}\n", index, optional_text(c.predicted),
                        optional_text(c.measured), optional_text(c.error), c.pairs, each.group);
  }
  for (const auto& [index, each] : result.pairs) {
    text += fmt::format("P\t{}\t{}\t{}\t{}\t{}\n", index, each.row, each.pair.predicted,
                        each.pair.measured, each.group);
  }
  return text + "\n" + to_wire(result.summary);
}

PointResult read_point(const std::string& text) {
  PointResult out;
  std::size_t at = 0;
  while (at < text.size() && text[at] != '\n') {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line[0] == 'R') {
      const auto part = parts_of(line, 6);
      const MeasuredResult result{part[6],
                                  {optional_number(part[2]), optional_number(part[3]),
                                   optional_number(part[4]), count_of(part[5])}};
      out.results.emplace_back(count_of(part[1]), result);
    } else {
      const auto part = parts_of(line, 5);
      const Pair pair{optional_number(part[3]).value_or(0), optional_number(part[4]).value_or(0)};
      out.pairs.emplace_back(count_of(part[1]), MeasuredPair{pair, part[5], count_of(part[2])});
    }
    at = end + 1;
  }
  if (at < text.size()) out.summary = from_wire(std::string_view(text).substr(at + 1));
  return out;
}

}  // namespace kvern
