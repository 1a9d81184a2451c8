#include "traces/generate/distribution_reader.h"

#include <memory>

#include "sim/base/config/policy_table.h"
#include "traces/generate/quantile_file.h"

namespace kvern {
namespace {

constexpr Range kCounts{1, 1e8};
constexpr Range kTimes{0, 1e18};  // ns

double number(Parameters& p, const char* key, const char* doc, Drawn drawn) {
  if (drawn == Drawn::Counts) return p.require<double>(key, doc, kCounts);
  return static_cast<double>(p.require<Duration>(key, doc, kTimes).ns);
}

using Made = std::unique_ptr<Distribution>;
Made boxed(Distribution distribution) {
  return std::make_unique<Distribution>(std::move(distribution));
}

template <Drawn drawn>
Made make_constant(Parameters& p) {
  return boxed(Distribution::constant(number(p, "value", "always this", drawn)));
}

template <Drawn drawn>
Made make_uniform(Parameters& p) {
  const double low = number(p, "min", "smallest value", drawn);
  const double high = number(p, "max", "largest value", drawn);
  if (low > high) p.error("max", "max is below min");
  // Rounding then gives each whole number from min to max the same share.
  const double margin = drawn == Drawn::Counts ? 0.5 : 0;
  return boxed(Distribution::uniform(low - margin, high + margin));
}

template <Drawn drawn>
Made make_exponential(Parameters& p) {
  return boxed(Distribution::exponential(number(p, "mean", "mean before rounding", drawn)));
}

Made make_geometric(Parameters& p) {
  return boxed(Distribution::geometric(number(p, "mean", "mean, on 1, 2, 3 ...", Drawn::Counts)));
}

template <Drawn drawn>
Made make_quantiles(Parameters& p) {
  auto read = read_quantiles(p, drawn);
  return read ? boxed(std::move(*read)) : nullptr;
}

const PolicyTable<Distribution>& table(Drawn drawn) {
  static const PolicyTable<Distribution> counts = {
      {"constant", &make_constant<Drawn::Counts>},       {"uniform", &make_uniform<Drawn::Counts>},
      {"exponential", &make_exponential<Drawn::Counts>}, {"geometric", &make_geometric},
      {"quantiles", &make_quantiles<Drawn::Counts>},
  };
  static const PolicyTable<Distribution> times = {
      {"constant", &make_constant<Drawn::Times>},
      {"uniform", &make_uniform<Drawn::Times>},
      {"exponential", &make_exponential<Drawn::Times>},
      {"quantiles", &make_quantiles<Drawn::Times>},
  };
  return drawn == Drawn::Counts ? counts : times;
}

// The list `value` as plain numbers; times in ns.
std::vector<double> values(Parameters& p, Drawn drawn) {
  const char* doc = "value at each percent, log-linear between";
  if (drawn == Drawn::Counts) return p.list<double>("value", {}, doc);
  std::vector<double> result;
  for (const Duration time : p.list<Duration>("value", {}, doc)) {
    result.push_back(static_cast<double>(time.ns));
  }
  return result;
}

}  // namespace

std::optional<Distribution> distribution_key(Parameters& parameters, const char* key,
                                             const char* default_text, const char* doc,
                                             Drawn drawn) {
  const Config spec = parameters.policy(key, default_text, doc);
  if (spec.members.empty()) return std::nullopt;
  const auto made = make_policy(table(drawn), "distribution", spec, parameters.path() + "." + key,
                                parameters.issues(), parameters.book());
  if (made == nullptr) return std::nullopt;
  return *made;
}

std::optional<Distribution> read_quantiles(Parameters& p, Drawn drawn) {
  std::vector<double> percents = p.list<double>("percent", {}, "rising, 0 to 100");
  std::vector<double> at = values(p, drawn);
  const auto file = p.find<std::string>("file", "CSV with a column `percent`, in place of lists");
  const auto column =
      p.find<std::string>("column", "its column of values; of times: its name ends in _s or _ms");
  if (file) {
    if (!percents.empty() || !at.empty()) p.error("file", "both `file` and lists are given");
    auto columns =
        read_quantile_file(p.where("file"), *file, {column.value_or("value")}, p.issues());
    if (!columns) return std::nullopt;
    percents = std::move(columns->percents);
    at = std::move(columns->values.front());
    if (drawn == Drawn::Times) {
      const double unit_ns = column.value_or("").ends_with("_ms")  ? 1e6
                             : column.value_or("").ends_with("_s") ? 1e9
                                                                   : 0;
      if (unit_ns == 0) p.error("column", "the name of a column of times must end in _s or _ms");
      for (double& value : at) value *= unit_ns;
    }
  } else if (column) {
    p.error("column", "a column without a `file`");
  }
  const std::string problem = quantile_problem(percents, at);
  if (!problem.empty()) {
    p.error(file ? "file" : "percent", problem);
    return std::nullopt;
  }
  return Distribution::quantiles(percents, at);
}

}  // namespace kvern
