#include "scenarios/program/command/band_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "analysis/run/run_files.h"
#include "analysis/run/run_folder.h"
#include "analysis/text/text.h"
#include "scenarios/program/run/summary_wire.h"
#include "scenarios/program/run/sweep_run.h"
#include "scenarios/program/terminal/child_processes.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"

namespace kvern {
namespace {

struct Shown {
  const char* name;
  const char* label;
  bool ranked;  // less is better
};
constexpr Shown kShown[] = {{"ttft_ms_mean", "TTFT mean, ms", true},
                            {"ttft_ms_p99", "TTFT p99, ms", false},
                            {"tpot_ms_mean", "TPOT mean, ms", true},
                            {"e2e_ms_mean", "end to end mean, ms", true},
                            {"output_tokens_per_s", "output tokens/s", false},
                            {"energy_j", "energy, J (GPU boards)", false},
                            {"energy_j_per_output_token", "J/token (GPU boards)", true},
                            {"power_w_mean", "mean power, W", false},
                            {"energy_facility_j", "energy, J (facility)", false},
                            {"carbon_use_g", "use, gCO2e", true},
                            {"carbon_embodied_g", "embodied, gCO2e", false},
                            {"water_l", "water, L", false}};

// A point: the run as the coefficients are, then the draws; by name, empty where unknown.
struct PointRuns {
  Summary nominal;
  std::vector<Summary> draws;

  std::vector<double> values(const std::string& name) const {
    std::vector<double> out;
    for (const Summary& draw : draws) {
      if (const auto number = as_number(draw.value(name))) out.push_back(*number);
    }
    return out;
  }
  static std::optional<double> as_number(const SummaryValue& value) {
    if (const auto* count = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*count);
    if (const auto* number = std::get_if<double>(&value)) return *number;
    return std::nullopt;
  }
};

Scenario drawn_scenario(const RunPlan& plan, std::size_t point, std::uint32_t draw,
                        std::uint32_t draws) {
  Scenario scenario = plan.scenarios[point];
  scenario.records.requests = scenario.records.steps = scenario.records.eviction_rows = false;
  if (draw > 0) scenario.set_draw({draw - 1, draws, scenario.seed});
  return scenario;
}

// Folders 0, 1, ... of a run each; the summaries are all that counts.
void remove_draws(const std::filesystem::path& draws) {
  std::error_code ignored;
  for (const auto& draw : std::filesystem::directory_iterator(draws, ignored)) {
    if (remove_run_files(draw.path()).empty()) std::filesystem::remove(draw.path(), ignored);
  }
  std::filesystem::remove(draws, ignored);
}

// Each point's nominal run and draws; a bad exit code in `code`.
std::vector<PointRuns> run_all(const RunPlan& plan, const RunRequest& request,
                               const std::string& folder, int& code) {
  const std::size_t each = request.draws + std::size_t{1};
  RunOptions options;
  options.stepwise = request.stepwise;
  options.progress = false;
  options.as_point = true;
  const auto results =
      run_children(plan.scenarios.size() * each, [&](std::size_t i, std::string& output) {
        const auto draw = static_cast<std::uint32_t>(i % each);
        options.out = fmt::format("{}/draws/{}", folder, i);
        return run_child(drawn_scenario(plan, i / each, draw, request.draws), options, output);
      });
  remove_draws(folder + "/draws");
  std::vector<PointRuns> points(plan.scenarios.size());
  code = interrupted() ? kInterrupted : worst_exit(results);
  for (std::size_t i = 0; code == kGood && i < results.size(); ++i) {
    Summary summary = from_wire(results[i].output);
    PointRuns& point = points[i / each];
    if (i % each == 0) {
      point.nominal = std::move(summary);
    } else {
      point.draws.push_back(std::move(summary));
    }
  }
  return points;
}

std::string digits(double value) {
  if (!std::isfinite(value)) return "unknown";
  if (value == 0) return "0";
  if (std::abs(value) >= 1e5) {
    constexpr double kMostWhole = 1e18;  // beyond, a whole number of 64 bits would wrap
    if (std::abs(value) >= kMostWhole) return fmt::format("{:.4g}", value);
    return (value < 0 ? "-" : "") + with_thousands(static_cast<std::uint64_t>(std::abs(value)));
  }
  return fmt::format("{:.4g}", value);
}

std::string label_of(const RunPlan& plan, std::size_t point) {
  const std::string label = plan.points[point].label();
  return label.empty() ? plan.name : label;
}

std::string bands_table(const RunPlan& plan, const std::vector<PointRuns>& points, double percent) {
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    out += fmt::format("{}{}\n  {:<26}{:>12}{:>12}{:>12}{:>12}{:>9}\n", i == 0 ? "" : "\n",
                       label_of(plan, i), "", "as it is", "low", "median", "high", "+-");
    for (const Shown& shown : kShown) {
      const auto nominal = PointRuns::as_number(points[i].nominal.value(shown.name));
      const std::vector<double> values = points[i].values(shown.name);
      if (!nominal || values.empty()) continue;
      const Band band = band_of(values, percent);
      const double half = *nominal != 0 ? 50 * (band.high - band.low) / std::abs(*nominal) : 0;
      out +=
          fmt::format("  {:<26}{:>12}{:>12}{:>12}{:>12}{:>7.1f} %\n", shown.label, digits(*nominal),
                      digits(band.low), digits(band.median), digits(band.high), half);
    }
  }
  return out;
}

// Pairs of points: all of them where there are few, else each against the first.
std::string ranking(const RunPlan& plan, const std::vector<PointRuns>& points) {
  std::string out;
  constexpr std::size_t kFew = 4;
  for (const Shown& shown : kShown) {
    if (!shown.ranked) continue;
    for (std::size_t a = 0; a < points.size(); ++a) {
      for (std::size_t b = a + 1; b < points.size(); ++b) {
        if (points.size() > kFew && a > 0) continue;
        const auto first = points[a].values(shown.name);
        const auto second = points[b].values(shown.name);
        if (first.empty() || first.size() != second.size() || first == second) continue;
        const double percent = beats_percent(first, second);
        const bool ahead = percent >= 50;
        out += fmt::format("  {:<26}{} beats {} in {:.0f} % of draws\n", shown.label,
                           label_of(plan, ahead ? a : b), label_of(plan, ahead ? b : a),
                           ahead ? percent : 100 - percent);
      }
    }
  }
  return out.empty() ? out : "\nless is better\n" + out;
}

std::string bands_json(const RunPlan& plan, const std::vector<PointRuns>& points,
                       const RunRequest& request) {
  std::string out = fmt::format("{{\n  \"band_percent\": {},\n  \"draws\": {},\n  \"points\": [",
                                request.band, request.draws);
  for (std::size_t i = 0; i < points.size(); ++i) {
    out += fmt::format("{}\n    {{\n      \"point\": {},\n      \"bands\": {{", i == 0 ? "" : ",",
                       point_json(plan.points[i]));
    bool first = true;
    for (const SummaryEntry& entry : points[i].nominal.entries) {
      const auto nominal = PointRuns::as_number(entry.value);
      const std::vector<double> values = points[i].values(entry.name);
      if (!nominal || values.empty()) continue;
      const Band band = band_of(values, request.band);
      out += fmt::format(
          "{}\n        {}: {{\"nominal\": {}, \"low\": {}, \"median\": {}, "
          "\"high\": {}}}",
          first ? "" : ",", quoted_text(entry.name), *nominal, band.low, band.median, band.high);
      first = false;
    }
    out += "\n      }\n    }";
  }
  return out + "\n  ]\n}\n";
}

}  // namespace

Band band_of(std::vector<double> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto at = [&values](double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  const double tail = (100 - percent) / 200;
  return {at(tail), at(0.5), at(1 - tail)};
}

double beats_percent(const std::vector<double>& a, const std::vector<double>& b) {
  double won = 0;
  for (std::size_t i = 0; i < a.size(); ++i) won += a[i] < b[i] ? 1 : a[i] == b[i] ? 0.5 : 0;
  return 100 * won / static_cast<double>(a.size());
}

int band_command(const RunPlan& plan, const RunRequest& request) {
  RunFolder folder(
      (std::filesystem::path(request.out) / RunFolder::name(plan.name + "-band", plan.resolved))
          .string());
  if (!folder.left_over().empty()) std::fprintf(stderr, "%s\n", folder.left_over().c_str());
  folder.write("scenario.resolved.toml", plan.resolved);
  int code = kGood;
  const auto points = run_all(plan, request, folder.partial_path(), code);
  if (code != kGood) return code;
  const std::string json = bands_json(plan, points, request);
  folder.write("band.json", json);
  folder.commit();
  if (request.json) {
    std::fputs(json.c_str(), stdout);
  } else {
    std::fputs(
        fmt::format("the middle {} % of {} draws of all coefficients within their ranges\n\n",
                    request.band, request.draws)
            .c_str(),
        stdout);
    std::fputs((bands_table(plan, points, request.band) + ranking(plan, points)).c_str(), stdout);
  }
  std::fputs(fmt::format("wrote {}\n", folder.path()).c_str(), stderr);
  return kGood;
}

}  // namespace kvern
