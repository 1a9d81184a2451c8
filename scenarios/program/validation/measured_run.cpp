#include "scenarios/program/validation/measured_run.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "scenarios/program/validation/allowed_error.h"
#include "scenarios/program/validation/case_metrics.h"
#include "scenarios/program/validation/measured_column.h"
#include "sim/base/io/hdf5/table_file.h"

namespace kvern {
namespace {

// A column of /requests as doubles.
class RequestColumns {
 public:
  explicit RequestColumns(const std::string& path) : file_(path) {
    ids_ = file_.read_all<std::uint32_t>("/requests/id");
    const auto status = file_.read_all<std::uint8_t>("/requests/status");
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (status[i] == 0) row_of_[ids_[i]] = i;
    }
    arrival_ = times("arrival");
    first_ = times("first_token");
    finish_ = times("finish");
    output_ = counts("output_tokens");
  }

  // Null when it did not finish.
  const std::size_t* row(std::uint32_t id) const {
    const auto found = row_of_.find(id);
    return found != row_of_.end() ? &found->second : nullptr;
  }

  std::vector<std::optional<double>> values(const std::string& stem) {
    std::vector<std::optional<double>> out;
    const auto each = [&](auto&& value) {
      for (std::size_t i = 0; i < ids_.size(); ++i) out.push_back(value(i));
      return out;
    };
    if (stem == "ttft") return each([&](auto i) { return since(first_[i], arrival_[i]); });
    if (stem == "ttft_less_queue") {
      const auto scheduled = times("first_scheduled");
      return each([&](auto i) { return since(first_[i], scheduled[i]); });
    }
    if (stem == "e2e") return each([&](auto i) { return since(finish_[i], arrival_[i]); });
    if (stem == "queue") {
      const auto scheduled = times("first_scheduled");
      return each([&](auto i) { return since(scheduled[i], arrival_[i]); });
    }
    if (stem == "tpot") {
      return each([&](auto i) -> std::optional<double> {
        const auto time = since(finish_[i], first_[i]);
        return time && output_[i] >= 2 ? std::optional(*time / (output_[i] - 1)) : std::nullopt;
      });
    }
    if (stem == "arrival" || stem == "first_token" || stem == "finish" ||
        stem == "first_scheduled") {
      const auto clock = times(stem);
      return each([&](auto i) { return since(clock[i], 0); });
    }
    if (stem == "energy") {
      const auto energy = file_.read_all<std::int64_t>("/requests/energy_nj");
      return each([&](auto i) -> std::optional<double> {
        return energy[i] >= 0 ? std::optional(static_cast<double>(energy[i]) * 1e-9) : std::nullopt;
      });
    }
    const auto numbers = counts(stem);
    return each([&](auto i) { return std::optional(numbers[i]); });
  }

 private:
  static std::optional<double> since(SimTime later, SimTime earlier) {
    if (later < 0) return std::nullopt;
    return static_cast<double>(later - earlier) * 1e-9;
  }
  std::vector<SimTime> times(const std::string& stem) {
    return file_.read_all<std::int64_t>("/requests/" + stem + "_ns");
  }
  std::vector<double> counts(const std::string& name) {
    if (name == "preemptions") {
      const auto raw = file_.read_all<std::uint16_t>("/requests/" + name);
      return {raw.begin(), raw.end()};
    }
    const auto raw = file_.read_all<std::uint32_t>("/requests/" + name);
    return {raw.begin(), raw.end()};
  }

  TableReader file_;
  std::vector<std::uint32_t> ids_;
  std::map<std::uint32_t, std::size_t> row_of_;
  std::vector<SimTime> arrival_, first_, finish_;
  std::vector<double> output_;
};

// Did the measured request end? Files mark it by an empty or negative time.
bool measured_finished(const DataTable& table, std::size_t row) {
  const auto column = first_column(table, {"finish_s", "last_token_s", "finish_ms", "last_token_ms",
                                           "finish_ns", "last_token_ns"});
  if (!column) return true;
  const auto time = table.number(row, *column);
  return time && *time >= 0;
}

}  // namespace

void record_what_is_measured(const std::vector<MeasuredSpec>& measured, Scenario& scenario) {
  SimTime bucket = 0;
  for (const MeasuredSpec& spec : measured) {
    const auto metric = find_metric(spec.kind, spec.metric);
    if (spec.kind == "requests" || spec.kind == "series") scenario.records.requests = true;
    if (spec.kind == "series") bucket = std::gcd(bucket, spec.bin);
    const std::string stem = metric ? metric->metric->stem : "";
    const bool watts = spec.kind == "series" && metric && *metric->metric->base != 0;
    const bool own_steps = spec.kind == "steps" && !priced_from_batch(stem);
    if (own_steps || (watts && !stem.starts_with("kv_"))) scenario.records.steps = true;
  }
  if (bucket > 0) scenario.records.bucket = bucket;
}

std::vector<MeasuredPair> request_pairs(const MeasuredSpec& spec, const FinishedRun& run) {
  const DataTable table(spec.file);
  Issues none;
  const auto column = MeasuredColumn::make(spec, table, none);
  if (!column) return {};
  RequestColumns ours(run.records);
  const auto values = ours.values(find_metric(spec.kind, spec.metric)->metric->stem);
  const auto id = first_column(table, {"id", "request_id", "request"});
  std::vector<MeasuredPair> pairs;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (!column->selected(row) || !measured_finished(table, row)) continue;
    const double number = id ? table.number(row, *id).value_or(-1) : static_cast<double>(row);
    const std::size_t* place = number >= 0 ? ours.row(static_cast<std::uint32_t>(number)) : nullptr;
    const auto measured = column->value(row);
    if (place == nullptr || !measured || !values[*place]) continue;
    pairs.push_back({{*values[*place], *measured}, column->group(row), row});
  }
  return pairs;
}

std::vector<MeasuredResult> summarise(const MeasuredSpec& spec,
                                      const std::vector<MeasuredPair>& pairs) {
  std::string why;
  const auto bar = spec.bar ? read_bar(*spec.bar, why) : std::nullopt;
  const bool points = bar && bar->points;
  std::vector<Pair> all;
  std::map<std::string, std::vector<Pair>> groups;
  for (const MeasuredPair& each : pairs) {
    all.push_back(each.pair);
    if (!spec.group.empty()) groups[each.group].push_back(each.pair);
  }
  std::vector<MeasuredResult> out{{"", compare(all, spec.statistic, points)}};
  for (const auto& [group, own] : groups) {
    out.push_back({group, compare(own, spec.statistic, points)});
  }
  return out;
}

}  // namespace kvern
