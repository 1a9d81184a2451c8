// [[measured]] of kind "series": values over time, in bins.
#include <algorithm>
#include <cmath>
#include <functional>

#include "scenarios/program/build/pool_assembly.h"
#include "scenarios/program/validation/case_metrics.h"
#include "scenarios/program/validation/measured_column.h"
#include "scenarios/program/validation/measured_run.h"
#include "sim/base/exact_math.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"
#include "traces/import/civil_time.h"

namespace kvern {
namespace {

struct Sample {
  double at = 0;  // s
  double value = 0;
};

// Numbers are seconds (or as the column's name says); dates count from the first row's.
std::optional<double> clock_seconds(const std::string& text) {
  std::string date = text;
  std::replace(date.begin(), date.end(), '/', '-');
  std::replace(date.begin(), date.end(), ',', '.');
  if (date.size() > 2 && date[2] == '-') date = "2000-" + date;  // month and day alone
  const auto ns = parse_date_time(date);
  return ns ? std::optional(static_cast<double>(*ns) * 1e-9) : std::nullopt;
}

std::vector<Sample> read_samples(const MeasuredSpec& spec, const DataTable& table,
                                 const MeasuredColumn& column) {
  const auto time = spec.time.empty()
                        ? first_column(table, {"t", "t_s", "time_s", "time", "timestamp", "clock"})
                        : table.column(spec.time);
  std::vector<Sample> samples;
  if (!time) return samples;
  const double factor = named_unit(table.header()[*time]).factor;
  std::optional<double> first_date;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto at = table.number(row, *time);
    if (at) *at *= factor;
    if (!at) {
      at = clock_seconds(table.text(row, *time));
      if (at && !first_date) first_date = at;
      if (at) *at -= *first_date;
    }
    const auto value = column.value(row);
    if (!at || !value || !column.selected(row)) continue;
    samples.push_back({*at + static_cast<double>(spec.shift) * 1e-9, *value});
  }
  return samples;
}

// Of samples: the mean in [from, to). Of a counter: its growth, in a straight line between the
// moments at which it changed; a meter shows old values in between.
class Measured {
 public:
  Measured(std::vector<Sample> samples, bool counter)
      : samples_(std::move(samples)), counter_(counter) {
    if (!counter) return;
    std::vector<Sample> changes;
    for (std::size_t i = 1; i < samples_.size(); ++i) {
      if (samples_[i].value != samples_[i - 1].value) changes.push_back(samples_[i]);
    }
    samples_ = std::move(changes);
  }
  bool empty() const { return samples_.empty(); }
  double last() const { return samples_.back().at; }

  std::optional<double> between(double from, double to) const {
    if (counter_) {
      const auto begin = at(from);
      const auto end = at(to);
      return begin && end ? std::optional(*end - *begin) : std::nullopt;
    }
    double sum = 0;
    int count = 0;
    for (const Sample& sample : samples_) {
      if (sample.at < from || sample.at >= to) continue;
      sum += sample.value;
      ++count;
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
  }

 private:
  std::optional<double> at(double time) const {
    const auto after = std::find_if(samples_.begin(), samples_.end(),
                                    [&](const Sample& sample) { return sample.at >= time; });
    if (after == samples_.end()) return std::nullopt;
    if (after->at == time) return after->value;
    if (after == samples_.begin()) return std::nullopt;
    const Sample& before = *std::prev(after);
    return before.value +
           (after->value - before.value) * (time - before.at) / (after->at - before.at);
  }

  std::vector<Sample> samples_;
  bool counter_;
};

// What the run did between two times: an amount, or a level.
class OwnSeries {
 public:
  OwnSeries(const FinishedRun& run, std::string stem, const ServerWatts& server)
      : file_(run.records),
        stem_(std::move(stem)),
        server_(server),
        bin_(run.scenario.records.bucket) {
    if (stem_ == "power" || stem_ == "energy") {
      read_steps(run.scenario);
      return;
    }
    if (stem_ == "output_tokens_per_s") {
      add_buckets<std::uint64_t>("decode_tokens");
      for (const SimTime first : file_.read_all<std::int64_t>("/requests/first_token_ns")) {
        if (first >= 0) slot(first) += 1;
      }
    } else if (stem_ == "prompt_tokens_per_s") {
      add_buckets<std::uint64_t>("prefill_tokens");
    } else if (stem_.starts_with("kv_")) {
      add_buckets<std::uint32_t>(stem_ == "kv_used" ? "blocks_used_max" : "blocks_resident_max");
      const auto* blocks = std::get_if<std::uint64_t>(&run.summary.value("kv_blocks"));
      for (double& value : values_) value /= blocks != nullptr ? static_cast<double>(*blocks) : 1;
    } else {
      add_buckets<std::uint32_t>(stem_ == "running"   ? "running_max"
                                 : stem_ == "waiting" ? "waiting_max"
                                                      : stem_.c_str());
    }
  }

  // In base units; rates a second.
  std::optional<double> between(double from, double to) const {
    const double width = to - from;
    if (stem_ == "energy" || stem_ == "power") {
      auto energy = joules(from, to);
      if (energy) *energy = server_.slope * *energy + server_.base_watts * width;
      return energy && stem_ == "power" ? std::optional(*energy / width) : energy;
    }
    const bool level = stem_ == "running" || stem_ == "waiting" || stem_.starts_with("kv_");
    const double step = static_cast<double>(bin_) * 1e-9;
    auto i = static_cast<std::size_t>(exact::nearest_whole(from / step));
    // What is cached stays when all is done.
    if (stem_ == "kv_resident" && i >= values_.size()) return values_.empty() ? 0 : values_.back();
    double out = 0;
    for (; i < values_.size() && static_cast<double>(i) * step < to - step / 2; ++i) {
      out = level ? std::max(out, values_[i]) : out + values_[i];
    }
    return stem_.ends_with("_per_s") ? out / width : out;
  }

 private:
  double& slot(SimTime at) {
    const auto index = static_cast<std::size_t>(at / bin_);
    if (index >= values_.size()) values_.resize(index + 1);
    return values_[index];
  }

  template <class T>
  void add_buckets(const char* column) {
    const auto starts = file_.read_all<std::int64_t>("/buckets/start_ns");
    const auto raw = file_.read_all<T>(std::string("/buckets/") + column);
    for (std::size_t i = 0; i < starts.size(); ++i) slot(starts[i]) += static_cast<double>(raw[i]);
  }

  // A step's joules are spread evenly over it; buckets, which hold it whole where it ends, say what
  // was drawn between steps. After the run a replica idles.
  void read_steps(const Scenario& scenario) {
    const auto start = file_.read_all<std::int64_t>("/steps/start_ns");
    const auto end = file_.read_all<std::int64_t>("/steps/end_ns");
    const auto energy = file_.read_all<std::int64_t>("/steps/energy_nj");
    for (std::size_t i = 0; i < start.size(); ++i) {
      known_ = known_ && energy[i] >= 0;
      steps_.push_back({static_cast<double>(start[i]) * 1e-9, static_cast<double>(end[i]) * 1e-9,
                        static_cast<double>(energy[i]) * 1e-9});
      slot(end[i]) -= steps_.back().joules;
      end_ = std::max(end_, steps_.back().end);
    }
    const auto starts = file_.read_all<std::int64_t>("/buckets/start_ns");
    const auto drawn = file_.read_all<std::int64_t>("/buckets/energy_nj");
    for (std::size_t i = 0; i < starts.size(); ++i) {
      known_ = known_ && drawn[i] >= 0;
      slot(starts[i]) += static_cast<double>(drawn[i]) * 1e-9;
    }
    for (const PoolSpec& pool : scenario.pools) {
      Issues issues;
      const auto made = assemble_pool(pool, scenario.attribution, issues);
      if (!made) throw OutsideError(issues.text());
      known_ = known_ && made->setup.power->known();
      const double watts = static_cast<double>(made->setup.power->idle_picojoules_per_us()) * 1e-6;
      idle_watts_ += watts * pool.replicas;
    }
  }

  std::optional<double> joules(double from, double to) const {
    if (!known_) return std::nullopt;
    const double width = static_cast<double>(bin_) * 1e-9;
    double out = idle_watts_ * std::max(0.0, to - std::max(from, end_));
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double begin = static_cast<double>(i) * width;
      const double length = std::min(begin + width, end_) - begin;
      const double overlap = std::min(to, begin + length) - std::max(from, begin);
      if (overlap > 0) out += values_[i] * overlap / length;
    }
    for (const Step& step : steps_) {
      const double overlap = std::min(to, step.end) - std::max(from, step.start);
      if (overlap > 0) out += step.joules * overlap / (step.end - step.start);
    }
    return out;
  }

  struct Step {
    double start, end, joules;
  };
  TableReader file_;
  std::string stem_;
  ServerWatts server_;
  SimTime bin_;
  std::vector<double> values_;  // by bucket; of joules: those between steps
  std::vector<Step> steps_;
  double end_ = 0;  // of the last step
  double idle_watts_ = 0;
  bool known_ = true;
};

}  // namespace

std::vector<MeasuredPair> series_pairs(const MeasuredSpec& spec, const FinishedRun& run) {
  const DataTable table(spec.file);
  Issues none;
  const auto column = MeasuredColumn::make(spec, table, none);
  if (!column) return {};
  const Measured measured(read_samples(spec, table, *column), spec.counter);
  if (measured.empty()) return {};
  const std::string stem = find_metric(spec.kind, spec.metric)->metric->stem;
  const OwnSeries ours(run, stem, spec.server);
  const double bin = static_cast<double>(spec.bin) * 1e-9;
  const double limit =
      spec.until == kNever ? measured.last() + bin : static_cast<double>(spec.until) * 1e-9;
  const bool rate = stem == "power" || stem.ends_with("_per_s");
  std::vector<MeasuredPair> pairs;
  for (int k = 0; k * bin < limit; ++k) {
    const double from = k * bin;
    const double to = std::min(from + bin, limit);
    // The rest of a bin counts where amounts are added up.
    if (to - from < bin * 0.999 && spec.statistic != "total") break;
    auto value = measured.between(from, to);
    if (!value) continue;
    if (spec.counter && rate) *value /= to - from;
    if (!spec.counter && stem == "energy" && column->base() == "W") *value *= to - from;
    const auto own = ours.between(from, to);
    if (own) pairs.push_back({{*own, *value}, "", static_cast<std::size_t>(k)});
  }
  return pairs;
}

}  // namespace kvern
