#include <fmt/format.h>

#include <cmath>

#include "analysis/summary/summary.h"
#include "analysis/text/text.h"

namespace kvern {

namespace {

std::string json_text(const SummaryValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *count);
  if (const auto* text = std::get_if<std::string>(&value)) return quoted_text(*text);
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isfinite(*number) ? fmt::format("{}", *number) : "null";
}

// The members of an object, each on its own line. A run of names "a.b", "a.c" is the object a.
std::string members(std::span<const SummaryEntry> entries, const std::string& indent) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t dot = entries[i].name.find('.');
    if (dot == std::string::npos) {
      lines.push_back(quoted_text(entries[i].name) + ": " + json_text(entries[i].value));
      continue;
    }
    const std::string prefix = entries[i].name.substr(0, dot + 1);
    std::vector<std::string> inner;
    for (; i < entries.size() && entries[i].name.starts_with(prefix); ++i) {
      inner.push_back(quoted_text(entries[i].name.substr(dot + 1)) + ": " +
                      json_text(entries[i].value));
    }
    --i;
    lines.push_back(fmt::format("{}: {{\n{}  {}\n{}}}", quoted_text(prefix.substr(0, dot)), indent,
                                fmt::join(inner, ",\n" + indent + "  "), indent));
  }
  return fmt::format("{}{}", indent, fmt::join(lines, ",\n" + indent));
}

}  // namespace

std::string summary_json(const Summary& summary) {
  std::vector<std::string> pools;
  for (const Summary::Pool& pool : summary.pools) {
    pools.push_back(fmt::format("    {{\n      \"name\": {},\n{}\n    }}", quoted_text(pool.name),
                                members(pool.entries, "      ")));
  }
  return fmt::format("{{\n{},\n  \"pools\": [\n{}\n  ]\n}}\n", members(summary.entries, "  "),
                     fmt::join(pools, ",\n"));
}

}  // namespace kvern
