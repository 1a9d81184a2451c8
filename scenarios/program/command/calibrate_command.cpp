#include "scenarios/program/command/calibrate_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "models/calibration/calibrate.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/data_names.h"
#include "scenarios/program/terminal/exit_codes.h"

namespace kvern {
namespace {

using measured::CostTable;

// Models by the names that measurements give them: step.csv as the contract fixes them, and the
// label of a profiled layer of experts.
std::map<std::string, LlmSpec> step_models(Issues& issues) {
  std::map<std::string, LlmSpec> models;
  const std::pair<const char*, const char*> names[] = {
      {"llama8b", "llama-3.1-8b"}, {"qwen3b", "qwen2.5-3b"}, {"Qwen3-30B-A3B", "qwen3-30b-a3b"}};
  for (const auto& [name, file] : names) {
    if (auto model = load_llm(file, issues)) models.emplace(name, std::move(*model));
  }
  return models;
}

void print_errors(const CostTable& table) {
  std::fputs(fmt::format("{:<58} {:<32} {:>8} {:>8} {:>8} {:>8}\n", "fit", "judged on", "rows",
                         "median %", "p95 %", "bias %")
                 .c_str(),
             stdout);
  for (const auto& e : table.errors) {
    std::fputs(fmt::format("{:<58} {:<32} {:>8.0f} {:>8.1f} {:>8.1f} {:>+8.1f}\n", e.part, e.how,
                           e.rows, 100 * e.median, 100 * e.p95, 100 * e.bias)
                   .c_str(),
               stdout);
  }
}

// As lines of a hardware file.
void print_coefficients(const CostTable& table) {
  std::string section;
  for (const auto& c : table.coefficients) {
    const std::size_t dot = c.key.find('.');
    if (c.key.substr(0, dot) != section) {
      section = c.key.substr(0, dot);
      std::fputs(fmt::format("\n[{}]\n", section).c_str(), stdout);
    }
    const auto text = [&c](double value) {
      const std::string number = fmt::format("{:.3g}", value);
      return c.unit.empty() ? number : fmt::format("\"{} {}\"", number, c.unit);
    };
    std::fputs(
        fmt::format("{} = {{ value = {}, low = {}, high = {}, source = \"{}\" }}\n",
                    c.key.substr(dot + 1), text(c.value), text(c.low), text(c.high), c.source)
            .c_str(),
        stdout);
  }
}

}  // namespace

int calibrate_command(const CalibrateRequest& request) {
  Issues issues;
  const DataName device = find_data("hardware", request.device);
  if (device.name.empty()) issues.error({"--device", 0, 0}, device.what, device.hint);
  const auto hardware = device.name.empty() ? std::nullopt : load_hardware(device.name, issues);
  const auto models = step_models(issues);
  std::optional<CostTable> table;
  if (hardware && !issues.any_error()) {
    table = calibration::calibrate({request.folders, request.summed_forwards}, *hardware, models,
                                   issues);
  }
  std::fputs(issues.text().c_str(), stderr);
  if (!table) return kUserError;
  const std::string out =
      request.out.empty() ? cost_table_path(data_path("hardware", device.name)) : request.out;
  measured::save(*table, out);
  print_errors(*table);
  print_coefficients(*table);
  std::fprintf(stderr, "wrote %s\n", out.c_str());
  return 0;
}

}  // namespace kvern
