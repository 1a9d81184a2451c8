#include "scenarios/program/run/summary_wire.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace kvern {
namespace {

// A line an entry: name, unit, kind and value, with tabs between; a line "pool <name>" begins a
// pool. None of these texts holds a tab or a line end.
std::string value_text(const SummaryValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return fmt::format("b\t{}", *flag ? 1 : 0);
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return fmt::format("u\t{}", *count);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("d\t{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("s\t{}", *text);
  return "-\t";
}

template <class T>
T number_of(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

SummaryValue value_of(std::string_view kind, std::string_view text) {
  if (kind == "b") return text == "1";
  if (kind == "u") return number_of<std::uint64_t>(text);
  if (kind == "d") return number_of<double>(text);
  if (kind == "s") return std::string(text);
  return std::monostate{};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

void append(std::string& out, const std::vector<SummaryEntry>& entries) {
  for (const SummaryEntry& entry : entries) {
    out += fmt::format("{}\t{}\t{}\n", entry.name, entry.unit, value_text(entry.value));
  }
}

}  // namespace

std::string to_wire(const Summary& summary) {
  std::string out;
  append(out, summary.entries);
  for (const Summary::Pool& pool : summary.pools) {
    out += "pool\t" + pool.name + "\n";
    append(out, pool.entries);
  }
  return out;
}

Summary from_wire(std::string_view text) {
  Summary summary;
  std::vector<SummaryEntry>* entries = &summary.entries;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = split(line, '\t');
    if (parts.size() == 2) {
      summary.pools.push_back({std::string(parts[1]), {}});
      entries = &summary.pools.back().entries;
    } else if (parts.size() == 4) {
      entries->push_back(
          {std::string(parts[0]), std::string(parts[1]), "", value_of(parts[2], parts[3])});
    }
  }
  return summary;
}

}  // namespace kvern
