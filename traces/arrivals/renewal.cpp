// renewal: independent gaps of any distribution. Real gaps are clustered, which this loses: see
// piecewise for minutes that differ.
#include <memory>

#include "sim/base/exact_math.h"
#include "sim/ports/arrival_process.h"
#include "traces/generate/distribution_reader.h"
#include "traces/generate/quantile_tables.h"

namespace kvern::arrivals::renewal {
namespace {

class Renewal : public ArrivalProcess {
 public:
  Renewal(Distribution gap, double unit_ns) : gap_(std::move(gap)), unit_ns_(unit_ns) {}

  SimTime next(Stream& stream) override {
    const double gap_ns = gap_.at(stream.uniform()) * unit_ns_;
    // 2^61 ns are 73 years; what lies beyond never comes.
    if (gap_ns > 0x1p61 || now_ > SimTime{1} << 61) now_ = kNever;
    if (now_ != kNever) now_ += exact::nearest_whole(gap_ns);
    return now_;
  }

 private:
  Distribution gap_;
  double unit_ns_;
  SimTime now_ = 0;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  auto gap = distribution_key(p, "gap", "", "distribution of the gaps", Drawn::Times);
  const std::string table =
      p.choice("table", "none", {"none", "azure2023_conversation", "azure2023_code"},
               "or the gaps' quantiles of a recorded trace");
  const double scale = p.get("scale", 1.0, "every gap times this", Range{1e-9, 1e9});
  if (gap.has_value() == (table != "none")) {
    p.error("gap", "a renewal process needs `gap` or `table`, one of them",
            "renewal(gap=exponential(mean=200 ms))");
    return nullptr;
  }
  if (gap) return std::make_unique<Renewal>(std::move(*gap), scale);
  const TraceTable recorded =
      table == "azure2023_code" ? azure2023_code() : azure2023_conversation();
  return std::make_unique<Renewal>(recorded.gap_ms, 1e6 * scale);
}

}  // namespace kvern::arrivals::renewal
