// quantiles: a table of one's own, from a CSV (`lengths = "my_lengths.csv"` for short) or from
// lists in the scenario.
#include "traces/generate/quantile_file.h"
#include "traces/lengths.h"

namespace kvern::lengths::quantiles {

std::unique_ptr<Lengths> make(Parameters& p) {
  const char* doc = "value at each percent, log-linear between";
  std::vector<double> percents = p.list<double>("percent", {}, "rising, 0 to 100");
  std::vector<std::vector<double>> values = {p.list<double>("prompt", {}, doc),
                                             p.list<double>("output", {}, doc)};
  const auto file =
      p.find<std::string>("file", "CSV with columns percent, prompt and output, in place of lists");
  if (file) {
    if (!percents.empty()) p.error("percent", "both `file` and lists are given");
    auto columns = read_quantile_file(p.where("file"), *file, {"prompt", "output"}, p.issues());
    if (columns) {
      percents = std::move(columns->percents);
      values = std::move(columns->values);
    }
  }
  std::optional<Distribution> read[2];
  for (int i = 0; i < 2 && !p.issues().any_error(); ++i) {
    const std::string problem = quantile_problem(percents, values[i]);
    if (problem.empty()) {
      read[i] = Distribution::quantiles(percents, values[i]);
    } else {
      p.error(file ? "file" : "percent", (i == 0 ? "prompt: " : "output: ") + problem);
    }
  }
  return make_lengths(p, std::move(read[0]), std::move(read[1]), 0);
}

}  // namespace kvern::lengths::quantiles
