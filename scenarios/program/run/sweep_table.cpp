#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/text/text.h"
#include "scenarios/program/run/sweep_run.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

struct Column {
  const char* head;
  const char* name;  // of the summary
  double factor;
};
constexpr Column kColumns[] = {{"finished", "requests_finished", 1},
                               {"req/s", "requests_per_s", 1},
                               {"tokens/s", "output_tokens_per_s", 1},
                               {"TTFT p50 ms", "ttft_ms_p50", 1},
                               {"p99 ms", "ttft_ms_p99", 1},
                               {"TPOT p50 ms", "tpot_ms_p50", 1},
                               {"p99 ms", "tpot_ms_p99", 1},
                               {"E2E p50 ms", "e2e_ms_p50", 1},
                               {"KV used %", "kv_used_share_mean", 100},
                               {"hits %", "prefix_hit_ratio", 100},
                               {"tiers %", "tier_hit_ratio", 100},
                               {"regret %", "regret", 100},
                               {"preempt.", "preemptions", 1},
                               {"J/token", "energy_j_per_output_token", 1},
                               {"kJ", "energy_j", 1e-3},
                               {"facility kJ", "energy_facility_j", 1e-3},
                               {"use gCO2e", "carbon_use_g", 1},
                               {"making gCO2e", "carbon_embodied_g", 1},
                               {"year tCO2e", "service.total_g", 1e-6},
                               {"meter err %", "meter_error_share", 100},
                               {"in SLO %", "slo_share", 100},
                               {"perplexity", "perplexity", 1},
                               {"worst +%", "worst_group_nll_increase_share", 100}};

// Four digits, more where the whole part has more.
std::string number_text(const SummaryValue& value, double factor) {
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return with_thousands(*count);
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !std::isfinite(*number)) return "-";
  const double shown = *number * factor;
  if (shown >= 1000) return with_thousands(static_cast<std::uint64_t>(std::llround(shown)));
  const int decimals = shown >= 100 ? 1 : shown >= 10 ? 2 : 3;
  return fmt::format("{:.{}f}", shown, decimals);
}

using Rows = std::vector<std::vector<std::string>>;

// Numbers end below the ends of their heads; settings begin below the beginnings.
std::string aligned(const Rows& rows, std::size_t settings) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i < settings ? fmt::format("{:<{}}", row[i], widths[i])
                           : fmt::format("{:>{}}", row[i], widths[i]);
      if (i + 1 < row.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string sweep_table(const std::vector<SweepPoint>& points,
                        const std::vector<Summary>& summaries) {
  const auto known = [&summaries](const Column& column) {
    return std::any_of(summaries.begin(), summaries.end(), [&column](const Summary& summary) {
      return number_text(summary.value(column.name), 1) != "-";
    });
  };
  Rows rows(1);
  for (const auto& [key, value] : points.front().settings) rows[0].push_back(key);
  const std::size_t settings = rows[0].size();
  for (const Column& column : kColumns) {
    if (known(column)) rows[0].emplace_back(column.head);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<std::string> row;
    for (const auto& [key, value] : points[i].settings) {
      row.push_back(value.kind == Config::Kind::Text ? value.text : toml_text(value));
    }
    for (const Column& column : kColumns) {
      if (!known(column)) continue;
      row.push_back(number_text(summaries[i].value(column.name), column.factor));
    }
    rows.push_back(std::move(row));
  }
  std::string out = aligned(rows, settings);
  std::vector<std::string> models;
  for (const Summary& summary : summaries) {
    const auto* model = std::get_if<std::string>(&summary.value("quality_model"));
    if (model == nullptr || std::find(models.begin(), models.end(), *model) != models.end()) {
      continue;
    }
    models.push_back(*model);
  }
  if (!models.empty()) {
    out += fmt::format("perplexity and worst group (growth of its loss): measured on {}\n",
                       fmt::join(models, ", "));
  }
  return out;
}

}  // namespace kvern
