// ./kvern bench [--json]: a row a goal, with what was reached, both also over the reference of the
// row (reference.h), and whether the ratio met it. Google Benchmark's own flags work too
// (--benchmark_filter=...).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

struct Row {
  std::string name;
  double rate = 0, goal = 0, reference = 1, goal_ratio = 0, resident_mib = 0, gflops = 0;
  std::string skipped;

  double ratio() const { return rate / reference; }
};

class Goals final : public benchmark::ConsoleReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      Row row;
      row.name = run.run_name.function_name;
      if (run.error_occurred) row.skipped = run.error_message;
      const auto value = [&run](const char* name) {
        const auto found = run.counters.find(name);
        return found == run.counters.end() ? 0.0 : found->second.value;
      };
      row.rate = value("rate");
      row.goal = value("goal");
      row.reference = run.error_occurred ? 1 : value("reference");
      row.goal_ratio = value("goal_ratio");
      row.resident_mib = value("resident_MiB");
      row.gflops = value("GFLOPs");
      rows.push_back(row);
    }
  }
  std::vector<Row> rows;
};

const char* verdict(const Row& row) {
  if (!row.skipped.empty()) return "skipped";
  return row.ratio() >= row.goal_ratio ? "met" : "missed";
}

// Millions of requests, or single tokens.
std::string per_second(double rate) {
  return rate >= 1e5 ? fmt::format("{:.2f} M", rate / 1e6) : fmt::format("{:.0f}  ", rate);
}

void print_table(const std::vector<Row>& rows) {
  fmt::print("{:36} {:>10} {:>11}   {:>10} {:>11}   {}\n", "benchmark", "goal /s", "reached /s",
             "goal ratio", "its ratio", "verdict");
  for (const Row& row : rows) {
    fmt::print("{:36} {:>10} {:>11}   {:>10.3g} {:>11.3g}   {}", row.name, per_second(row.goal),
               per_second(row.rate), row.goal_ratio, row.ratio(), verdict(row));
    if (!row.skipped.empty()) fmt::print(" ({})", row.skipped);
    if (row.resident_mib > 0) fmt::print(" ({:.0f} MiB resident)", row.resident_mib);
    if (row.gflops > 0) fmt::print(" ({:.0f} GFLOP/s of projections)", row.gflops);
    fmt::print("\n");
  }
  fmt::print(
      "ratio: over what a fixed loop did on this machine in the same minute "
      "(tests/README.md); verdicts go by it\n");
}

void print_json(const std::vector<Row>& rows) {
  fmt::print("[");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    fmt::print(
        "{}{{\"benchmark\": \"{}\", \"goal_per_s\": {}, \"rate_per_s\": {}, "
        "\"reference_per_s\": {}, \"goal_ratio\": {}, \"ratio\": {}, \"verdict\": \"{}\"}}",
        i > 0 ? ",\n " : "", rows[i].name, rows[i].goal, rows[i].rate, rows[i].reference,
        rows[i].goal_ratio, rows[i].ratio(), verdict(rows[i]));
  }
  fmt::print("]\n");
}

}  // namespace

int main(int argc, char** argv) {
  bool json = false;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  Goals goals;
  benchmark::RunSpecifiedBenchmarks(&goals);
  json ? print_json(goals.rows) : print_table(goals.rows);
  return 0;
}
