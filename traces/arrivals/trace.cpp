// trace: the recorded arrivals of a trace in any format, scaled: times and bursts from there,
// lengths and prefixes from the workload's own keys.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "sim/base/config/parameters.h"
#include "sim/base/exact_math.h"
#include "sim/base/outside_error.h"
#include "sim/ports/arrival_process.h"
#include "traces/import/import.h"

namespace kvern::arrivals::trace {
namespace {

class Recorded : public ArrivalProcess {
 public:
  explicit Recorded(std::vector<SimTime> times) : times_(std::move(times)) {}

  SimTime next(Stream& /*stream*/) override {
    return next_ < times_.size() ? times_[next_++] : kNever;
  }
  bool endless() const override { return false; }

 private:
  std::vector<SimTime> times_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto file = p.require<std::string>("file", "the trace; relative to this file");
  ImportRequest request;
  request.format = p.get("format", "", "its format; absent: from content");
  const double scale = p.get("time_scale", 1.0, "every gap times this", Range{1e-9, 1e9});
  if (file.empty()) return nullptr;
  request.file = (std::filesystem::path(p.where("file").file).parent_path() / file).string();
  std::optional<kvern::Trace> read;
  try {
    read = read_trace(request, p.issues());
  } catch (const OutsideError& error) {
    p.error("file", error.what());
  }
  if (!read) return nullptr;
  std::vector<SimTime> times = std::move(read->arrival_ns);
  if (scale != 1) {
    for (SimTime& time : times) {
      time = exact::nearest_whole(std::min(static_cast<double>(time) * scale, 0x1p61));
    }
  }
  return std::make_unique<Recorded>(std::move(times));
}

}  // namespace kvern::arrivals::trace
