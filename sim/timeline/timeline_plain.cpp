#include <algorithm>
#include <queue>

#include "sim/base/exact_math.h"
#include "sim/ledger.h"
#include "sim/timeline/timeline.h"

namespace kvern {

LinkId Timeline::add_link(BytesPerSecond bandwidth, Duration latency) {
  links_.push_back({exact::nearest_whole(bandwidth.value), latency.ns});
  return LinkId{static_cast<std::uint32_t>(links_.size() - 1)};
}

RouteId Timeline::add_route(std::span<const LinkId> links) {
  Route route{{links.begin(), links.end()}, INT64_MAX, 0};
  for (const LinkId id : links) {
    const Link& link = links_[static_cast<std::size_t>(id)];
    route.bytes_per_second = std::min(route.bytes_per_second, link.bytes_per_second);
    route.latency += link.latency;
  }
  routes_.push_back(std::move(route));
  return RouteId{static_cast<std::uint32_t>(routes_.size() - 1)};
}

SimTime Timeline::end_alone(const Route& route, std::int64_t bytes, SimTime start) const {
  const Int128 scaled = Int128{bytes} * kSecond + route.bytes_per_second - 1;
  return start + route.latency + static_cast<SimTime>(scaled / route.bytes_per_second);
}

namespace {

class PlainTimeline final : public Timeline {
 public:
  FlowId start(RouteId id, std::int64_t bytes, SimTime now) override {
    flows_.push({end_alone(route(id), bytes, now), next_});
    return FlowId{next_++};
  }
  SimTime next_end() override { return flows_.empty() ? kNever : flows_.top().first; }
  void ended(SimTime now, std::vector<FlowEnd>& flows) override {
    while (next_end() <= now) {
      flows.push_back({FlowId{flows_.top().second}, flows_.top().first});
      flows_.pop();
    }
  }

 private:
  using Flow = std::pair<SimTime, std::uint32_t>;
  std::priority_queue<Flow, std::vector<Flow>, std::greater<>> flows_;
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Timeline> make_plain_timeline() { return std::make_unique<PlainTimeline>(); }

}  // namespace kvern
