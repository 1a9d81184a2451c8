#include "scenarios/program/build/forced_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/text/data_table.h"

namespace kvern {
namespace {

class ForcedSteps final : public StepCost {
 public:
  explicit ForcedSteps(std::vector<std::int64_t> ticks) : ticks_(std::move(ticks)) {}

  void work(const Batch&, Work& work) override {
    work.has_work = false;
    work.add().fixed_ticks = {next_ < ticks_.size() ? ticks_[next_] : kTicksPerNs, 0};
    work.steps = 1;  // the next one has a time of its own
    ++next_;
  }

 private:
  std::vector<std::int64_t> ticks_;
  std::size_t next_ = 0;
};

// Seconds of a column as nanoseconds; issues where a cell is no time.
std::vector<SimTime> times(const DataTable& table, const std::string& name,
                           const ForcedSchedule& schedule, Issues& issues) {
  std::vector<SimTime> out;
  const auto column = table.column(name);
  if (!column) {
    issues.error(schedule.where, fmt::format("{} has no column \"{}\"", schedule.file, name),
                 did_you_mean(name, table.header()));
    return out;
  }
  const NamedUnit unit = named_unit(name);
  const double factor = unit.base == "s" ? unit.factor : 1;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto value = table.number(row, *column);
    if (!value) {
      issues.error(schedule.where, fmt::format("{}: row {} has no {}", schedule.file, row, name));
      return out;
    }
    out.push_back(std::llround(*value * factor * 1e9));
  }
  return out;
}

}  // namespace

std::unique_ptr<StepCost> forced_steps(const ForcedSchedule& schedule,
                                       const std::vector<SimTime>& arrivals, Issues& issues) {
  const DataTable table(schedule.file);
  const std::vector<SimTime> starts = times(table, schedule.start, schedule, issues);
  const std::vector<SimTime> ends = times(table, schedule.end, schedule, issues);
  if (issues.any_error()) return nullptr;
  std::vector<std::int64_t> ticks;
  SimTime begin = arrivals.empty() ? 0 : arrivals.front();
  for (std::size_t k = 0; k < ends.size(); ++k) {
    const SimTime next = k + 1 < starts.size() ? starts[k + 1] : ends[k];
    const bool slept = next - ends[k] > kMillisecond;
    const SimTime end = slept ? ends[k] : next;
    ticks.push_back(std::max<SimTime>(1, end - begin) << kTickBits);
    begin = end;
    if (!slept) continue;
    const auto woken = std::upper_bound(arrivals.begin(), arrivals.end(), end);
    begin = woken != arrivals.end() ? *woken : next;
  }
  return std::make_unique<ForcedSteps>(std::move(ticks));
}

}  // namespace kvern
