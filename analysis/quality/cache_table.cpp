#include "analysis/quality/cache_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kvern {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// The best ratio of a column among policies that any server could run.
double best_of(const CacheComparison& comparison, std::size_t capacity) {
  double best = -1;
  for (std::size_t i = 0; i < comparison.policies.size(); ++i) {
    if (comparison.clairvoyant[i]) continue;
    best = std::max(best, comparison.ratio(comparison.at(i, capacity)));
  }
  return best;
}

}  // namespace

std::string cache_json(const CacheComparison& comparison) {
  std::string out = "[\n";
  for (std::size_t i = 0; i < comparison.policies.size(); ++i) {
    for (std::size_t c = 0; c < comparison.capacities.size(); ++c) {
      const CacheResult& result = comparison.at(i, c);
      fmt::format_to(std::back_inserter(out),
                     "{}  {{\"policy\": {}, \"capacity\": {}, \"accesses\": {}, \"hits\": {}, "
                     "\"hit_ratio\": {}, \"prefix_hits\": {}, \"prefix_hit_ratio\": {}, "
                     "\"regret\": {}}}",
                     i + c == 0 ? "" : ",\n", quoted(comparison.policies[i]),
                     comparison.capacities[c], result.accesses, result.hits,
                     result.ratio(result.hits), result.prefix_hits,
                     result.ratio(result.prefix_hits), comparison.regret(i, c));
    }
  }
  return out + "\n]\n";
}

std::string cache_table(const CacheComparison& comparison) {
  const std::size_t columns = comparison.capacities.size();
  std::size_t width = comparison.bound_name.size();
  for (const std::string& name : comparison.policies) width = std::max(width, name.size());
  std::string out = fmt::format("{:<{}}", "blocks", width);
  for (const std::uint32_t capacity : comparison.capacities) {
    fmt::format_to(std::back_inserter(out), "  {:>15}", capacity);
  }
  fmt::format_to(std::back_inserter(out), "\n{:<{}}", "", width);
  for (std::size_t c = 0; c < columns; ++c) out += "     hits  regret";
  out += '\n';
  for (std::size_t i = 0; i < comparison.policies.size(); ++i) {
    if (comparison.policies[i] == comparison.bound_name) continue;
    fmt::format_to(std::back_inserter(out), "{:<{}}", comparison.policies[i], width);
    for (std::size_t c = 0; c < columns; ++c) {
      const double ratio = comparison.ratio(comparison.at(i, c));
      const bool best = !comparison.clairvoyant[i] && ratio == best_of(comparison, c);
      fmt::format_to(std::back_inserter(out), "  {:>6.4f}{} {:>7.4f}", ratio, best ? '*' : ' ',
                     comparison.regret(i, c));
    }
    out += '\n';
  }
  fmt::format_to(std::back_inserter(out), "{:<{}}", comparison.bound_name, width);
  for (std::size_t c = 0; c < columns; ++c) {
    fmt::format_to(std::back_inserter(out), "  {:>6.4f}  {:7}",
                   comparison.ratio(comparison.bound[c]), "");
  }
  while (out.back() == ' ') out.pop_back();
  out += '\n';
  if (comparison.prefix) {
    out += "Hits are those of leading runs: here Belady is a reference and may be beaten.\n";
  }
  return out;
}

}  // namespace kvern
