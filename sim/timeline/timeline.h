// Everything that crosses a link: KV hand-off, migration, swap, remote cache reads. The cluster has
// its own event heap and enters a timeline only while a flow is in flight.
//
// A flow is on its links until its bytes are through; then its latency passes. One that shared no
// link all that time takes latency + ceil(bytes / rate) whole nanoseconds, rate being that of its
// slowest link, in every timeline. `simgrid` decides the ends that contention changed (max-min fair
// shares), rounded to the nearest nanosecond; `plain` knows no contention: it is the reference, and
// gives the same run wherever no flows contend.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/base/time.h"
#include "sim/base/units.h"

namespace kvern {

enum class LinkId : std::uint32_t {};
enum class RouteId : std::uint32_t {};
enum class FlowId : std::uint32_t {};

struct FlowEnd {
  FlowId flow{};
  SimTime time = 0;
};

class Timeline {
 public:
  virtual ~Timeline() = default;

  // The network; complete before the first flow.
  LinkId add_link(BytesPerSecond bandwidth, Duration latency);
  RouteId add_route(std::span<const LinkId> links);

  // A flow of `bytes` starts at `now`; calls come in time order.
  virtual FlowId start(RouteId route, std::int64_t bytes, SimTime now) = 0;
  // No flow ends before this, and unless one starts until then, something is decided there: a flow
  // ends, or the bytes of a contended one are through. kNever when nothing is in flight.
  virtual SimTime next_end() = 0;
  // Appends the flows that end at or before `now`, in order of end, then of start.
  virtual void ended(SimTime now, std::vector<FlowEnd>& flows) = 0;

 protected:
  struct Link {
    std::int64_t bytes_per_second;
    SimTime latency;
  };
  struct Route {
    std::vector<LinkId> links;
    std::int64_t bytes_per_second;  // of the slowest
    SimTime latency;                // of all
  };
  const std::vector<Link>& links() const { return links_; }
  const Route& route(RouteId id) const { return routes_[static_cast<std::size_t>(id)]; }
  const std::vector<Route>& routes() const { return routes_; }
  // End of a flow that is alone on its route.
  SimTime end_alone(const Route& route, std::int64_t bytes, SimTime start) const;

 private:
  std::vector<Link> links_;
  std::vector<Route> routes_;
};

std::unique_ptr<Timeline> make_plain_timeline();
// At most one a process: SimGrid allows one engine.
std::unique_ptr<Timeline> make_simgrid_timeline();

}  // namespace kvern
