#include "analysis/quality/quality_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kvern {
namespace {

std::string number(double value, const char* format) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "-";
}

// Of what can't be below zero but for rounding: no sign before a zero.
std::string distance(double value) {
  std::string text = number(value, "{:.4f}");
  if (text.size() > 1 && text.find_first_of("123456789") == std::string::npos) {
    text.erase(0, text.find('0'));
  }
  return text;
}

std::string percent(double share) { return number(100 * share, "{:+.1f} %"); }

std::string found(const QualityRow* row) {
  if (row == nullptr) return "-";
  return fmt::format("{:.2f} of {:.2f}", row->accuracy, row->accuracy_dense);
}

}  // namespace

std::string aligned_table(const std::vector<TableLine>& lines) {
  std::vector<std::size_t> widths;
  for (const TableLine& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const TableLine& line : lines) {
    std::string row = fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i) {
      row += fmt::format("  {:>{}}", line[i], widths[i]);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string quality_table(const WorkProfile& profile) {
  const bool asked = std::any_of(profile.quality.begin(), profile.quality.end(),
                                 [](const QualityRow& row) { return row.kind == "retrieval"; });
  std::vector<TableLine> lines = {{"policy", "budget", "tokens", "nll", "perplexity", "dense",
                                   "top-1", "kl", "worst group", "its loss", "95 % interval"}};
  if (asked) lines.front().insert(lines.front().end(), {"needle", "key-value"});
  for (const QualityRow& row : profile.quality) {
    if (row.kind != "all") continue;
    TableLine line = {row.policy,
                      row.budget > 0 ? fmt::format("{:g}", row.budget) : "-",
                      fmt::format("{}", row.tokens),
                      number(row.nll, "{:.4f}"),
                      number(perplexity(row.nll), "{:.3f}"),
                      number(perplexity(row.nll_dense), "{:.3f}"),
                      number(row.top1_agreement, "{:.4f}"),
                      distance(row.kl)};
    if (const QualityRow* worst = worst_group(profile, row.policy, row.budget)) {
      line.insert(line.end(),
                  {worst->kind + " " + worst->group, percent(worst->increase_share),
                   percent(worst->increase_low) + " to " + percent(worst->increase_high)});
    } else {
      line.insert(line.end(), {"-", "-", "-"});
    }
    if (asked) {
      for (const char* group : {"needle", "key_value"}) {
        line.push_back(found(find_quality(profile, row.policy, row.budget, "retrieval", group)));
      }
    }
    lines.push_back(std::move(line));
  }
  return aligned_table(lines);
}

}  // namespace kvern
