// piecewise: a rate that is constant in intervals, from a list or a recorded trace's minutes.
#include <memory>

#include "sim/base/config/parameters.h"
#include "traces/generate/quantile_tables.h"
#include "traces/generate/rate_pieces.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::piecewise {
namespace {

std::vector<RatePiece> listed(Parameters& p) {
  const auto interval =
      p.get("interval", Duration{60 * kSecond}, "length of each piece", kPositive).ns;
  std::vector<RatePiece> pieces;
  for (const RequestsPerSecond rate :
       p.list<RequestsPerSecond>("rates", {}, "rate of each piece")) {
    if (!(rate.value >= 0 && rate.value <= kArrivalRate.max)) {
      p.error("rates", "a rate is out of range", "0 to 1e9 req/s");
      return {};
    }
    pieces.push_back({interval, rate.value});
  }
  return pieces;
}

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  std::vector<RatePiece> pieces = listed(p);
  const std::string minutes = p.choice("minutes", "none", {"none", "azure2023_conversation"},
                                       "rates of a recorded trace's minutes, in place of `rates`");
  const double scale = p.get("scale", 1.0, "every rate times this", Range{1e-9, 1e9});
  const bool repeat = p.get("repeat", true, "start again after the last piece; else end there");
  const UnitGaps gaps = UnitGaps::read(p);
  if (minutes != "none") {
    if (!pieces.empty()) p.error("rates", "both `rates` and `minutes` are given");
    pieces = azure2023_conversation_minutes();
  }
  double total = 0;
  for (RatePiece& piece : pieces) {
    piece.rate_per_s *= scale;
    total += piece.rate_per_s;
  }
  if (!(total > 0)) {
    p.error("rates", "no piece has a positive rate",
            "rates = [\"2 req/s\", \"5 req/s\"] or minutes = \"azure2023_conversation\"");
    return nullptr;
  }
  return std::make_unique<RatePieces>(pieces, gaps, repeat);
}

}  // namespace kvern::arrivals::piecewise
