// diurnal: the rate follows the hour of the day (UTC), as measured over a week of two services.
// Source: Azure LLM inference traces of May 2024, requests an hour over the week's mean.
#include <array>
#include <memory>

#include "sim/base/config/parameters.h"
#include "traces/generate/rate_pieces.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::diurnal {
namespace {

using Day = std::array<double, 24>;
struct Shape {
  Day weekday;
  Day weekend;
};

constexpr Shape kCode = {{.87, .85,  .79,  .65,  .52,  .42,  .37,  .31,  .29,  .30,  .32,  .48,
                          .87, 1.48, 2.09, 2.25, 2.14, 2.46, 2.71, 2.77, 2.56, 1.89, 1.36, 1.02},
                         {.54, .53, .47, .46, .38, .31, .25, .17, .14, .12, .11, .16,
                          .24, .32, .40, .45, .49, .53, .58, .60, .61, .59, .59, .55}};
constexpr Shape kConversation = {
    {1.02, 1.11, 1.09, .91,  .92,  1.00, 1.15, 1.24, 1.27, 1.23, 1.11, 1.17,
     1.31, 1.45, 1.53, 1.42, 1.29, 1.24, 1.23, 1.16, 1.05, .88,  .79,  .82},
    {.57, .61, .61, .51, .50, .52, .53, .59, .61, .56, .59, .66,
     .71, .79, .80, .83, .78, .76, .73, .68, .68, .66, .61, .66}};

void append(const Day& day, double rate, SimTime hour, std::vector<RatePiece>& pieces) {
  for (const double share : day) pieces.push_back({hour, rate * share});
}

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const double rate =
      p.require<RequestsPerSecond>("rate", "mean arrivals of the week", kArrivalRate).value;
  const std::string name =
      p.choice("shape", "azure2024_conversation", {"azure2024_conversation", "azure2024_code"},
               "rate of each hour over the week's mean");
  const std::string days = p.choice("days", "week", {"week", "weekday", "weekend"},
                                    "what repeats: five weekdays and two weekend days, or one day");
  const SimTime hour = p.get("hour", Duration{3600 * kSecond},
                             "length of an hour: shorter compresses the day", Range{1, 1e15})
                           .ns;
  const SimTime start =
      p.get("start", Duration{0}, "time of the day (of the week: from Monday) at which time is 0",
            kNonNegative)
          .ns;
  const UnitGaps gaps = UnitGaps::read(p);
  if (!(rate > 0)) return nullptr;
  const Shape& shape = name == "azure2024_code" ? kCode : kConversation;
  std::vector<RatePiece> pieces;
  if (days != "weekend") append(shape.weekday, rate, hour, pieces);
  for (int day = 1; day < 5 && days == "week"; ++day) append(shape.weekday, rate, hour, pieces);
  if (days != "weekday") append(shape.weekend, rate, hour, pieces);
  if (days == "week") append(shape.weekend, rate, hour, pieces);
  const SimTime total = hour * static_cast<SimTime>(pieces.size());
  return std::make_unique<RatePieces>(pieces, gaps, true, start % total);
}

}  // namespace kvern::arrivals::diurnal
