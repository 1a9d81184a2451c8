#include <absl/container/flat_hash_map.h>
#include <simgrid/kernel/resource/Action.hpp>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "sim/timeline/timeline.h"

namespace kvern {

namespace {

namespace s4u = simgrid::s4u;

// SimGrid's second is our nanosecond. Whole nanoseconds are then exact in its clock, a double, and
// the hundred-thousandth of a second by which it lets a date be missed is far below ours.
//
// It is asked for one thing: how fast each flow gets on until the next one starts or is through.
// From that follows the nanosecond, to the nearest, at which the bytes of a contended flow are
// through; what a fraction of it leaves undone is dropped. Latencies stay outside: inside they
// would bound the rates. Flows are few at a time (a change costs as much as there are flows).
class SimgridTimeline final : public Timeline {
 public:
  // SimGrid would take flows that a stop cut short for a mistake.
  ~SimgridTimeline() override {
    for (const auto& [number, flow] : flows_) {
      if (under_way(flow)) flow.comm->cancel();
    }
  }

  FlowId start(RouteId id, std::int64_t bytes, SimTime now) override {
    if (!engine_) build();
    settle(now);
    const Route& way = route(id);
    Flow flow;
    flow.route = id;
    flow.end = end_alone(way, bytes, now);
    flow.through = flow.end - way.latency;
    for (const LinkId link : way.links) {
      auto& on_link = on_link_[static_cast<std::size_t>(link)];
      for (const std::uint32_t other : on_link) flows_.at(other).alone = flow.alone = false;
      on_link.push_back(next_);
    }
    begin(flow, bytes, now);
    rates_changed_ = true;
    flows_.emplace(next_, std::move(flow));
    return FlowId{next_++};
  }

  SimTime next_end() override {
    predict();
    SimTime next = kNever;
    for (const auto& [number, flow] : flows_) {
      next = std::min(next, flow.end == kNever ? flow.through : flow.end);
    }
    return next;
  }

  void ended(SimTime now, std::vector<FlowEnd>& flows) override {
    settle(now);
    std::vector<std::pair<SimTime, std::uint32_t>> over;
    for (const auto& [number, flow] : flows_) {
      if (flow.end <= now) over.emplace_back(flow.end, number);
    }
    std::sort(over.begin(), over.end());
    for (const auto& [end, number] : over) {
      flows.push_back({FlowId{number}, end});
      flows_.erase(number);
    }
  }

 private:
  struct Flow {
    RouteId route{};
    SimTime through = kNever;  // its bytes; of one that is not alone as the rates are now
    SimTime end = kNever;      // kNever: contention will decide
    bool alone = true;         // shared no link so far
    s4u::CommPtr comm;         // null when the bytes are through
  };
  using Activity = const simgrid::kernel::activity::ActivityImpl*;

  void build() {
    static char name[] = "kvern", quiet[] = "--log=root.thresh:error";
    static char* arguments[] = {name, quiet, nullptr};
    int count = 2;
    engine_ = std::make_unique<s4u::Engine>(&count, arguments);
    s4u::Engine::set_config("network/model:CM02");
    s4u::Engine::set_config("network/crosstraffic:0");
    // Of a link's rate: less than this left counts as nothing left to share.
    s4u::Engine::set_config("maxmin/precision:1e-12");
    auto* zone = s4u::create_full_zone("cluster");
    std::vector<s4u::Link*> wires;
    for (std::size_t i = 0; i < links().size(); ++i) {
      const double bytes_per_ns = static_cast<double>(links()[i].bytes_per_second) * 1e-9;
      wires.push_back(
          zone->create_link("link" + std::to_string(i), bytes_per_ns)->set_latency(0)->seal());
    }
    for (std::size_t i = 0; i < routes().size(); ++i) {
      auto* from = zone->create_host("from" + std::to_string(i), 1)->seal();
      auto* to = zone->create_host("to" + std::to_string(i), 1)->seal();
      std::vector<s4u::LinkInRoute> way;
      for (const LinkId link : routes()[i].links) {
        way.emplace_back(wires[static_cast<std::size_t>(link)]);
      }
      zone->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr, way, true);
      ends_.emplace_back(from, to);
    }
    zone->seal();
    on_link_.resize(links().size());
  }

  void begin(Flow& flow, std::int64_t bytes, SimTime now) {
    // With nothing under way its clock begins anew, so that it stays small.
    if (by_activity_.empty()) origin_ = now - std::llround(s4u::Engine::get_clock());
    advance(now);
    const auto [from, to] = ends_[static_cast<std::size_t>(flow.route)];
    flow.comm = s4u::Comm::sendto_init(from, to);
    flow.comm->set_payload_size(static_cast<std::uint64_t>(bytes));
    flow.comm->start();
    by_activity_.emplace(flow.comm->get_impl(), next_);
  }

  // Once is not enough: it stops short of the date when something ends on the way.
  void advance(SimTime now) {
    const auto until = static_cast<double>(now - origin_);
    while (s4u::Engine::get_clock() < until) engine_->run_until(until);
  }

  // Bytes that are through by `now` leave their links.
  void settle(SimTime now) {
    for (;;) {
      predict();
      SimTime first = kNever;
      for (const auto& [number, flow] : flows_) {
        if (flow.comm) first = std::min(first, flow.through);
      }
      if (first > now) return;
      advance(first);
      for (auto& [number, flow] : flows_) {
        if (flow.comm && flow.through == first) leave_links(number, flow);
      }
      // What was cancelled gives up its share; until then SimGrid needs it.
      engine_->run_until(s4u::Engine::get_clock());
      left_.clear();
      rates_changed_ = true;
    }
  }

  static bool under_way(const Flow& flow) {
    return flow.comm && flow.comm->get_state() == s4u::Activity::State::STARTED;
  }

  void leave_links(std::uint32_t number, Flow& flow) {
    const Route& way = route(flow.route);
    for (const LinkId link : way.links) {
      std::erase(on_link_[static_cast<std::size_t>(link)], number);
    }
    flow.end = flow.through + way.latency;
    by_activity_.erase(flow.comm->get_impl());
    if (under_way(flow)) flow.comm->cancel();
    left_.push_back(std::move(flow.comm));
    flow.comm.reset();
  }

  // When the bytes of contended flows will be through, if nothing changes before.
  void predict() {
    if (!rates_changed_) return;
    rates_changed_ = false;
    const double clock = s4u::Engine::get_clock();
    const SimTime now = origin_ + std::llround(clock);
    bool contended = false;
    for (auto& [number, flow] : flows_) {
      if (flow.alone || !flow.comm) continue;
      contended = true;
      flow.end = kNever;
      flow.through = now;  // unless SimGrid has something left of it
    }
    if (!contended) return;
    for (auto* model : engine_->get_all_models()) {
      model->next_occurring_event(clock);  // it shares the links among their flows
      for (auto& action : *model->get_started_action_set()) {
        const auto found = by_activity_.find(action.get_activity());
        if (found == by_activity_.end() || flows_.at(found->second).alone) continue;
        const double left = action.get_remains();
        if (left > 0) flows_.at(found->second).through = later(now, left / action.get_rate());
      }
    }
  }

  static SimTime later(SimTime now, double ns) {
    return ns < 9e18 - static_cast<double>(now) ? now + std::llround(ns) : kNever;
  }

  std::unique_ptr<s4u::Engine> engine_;
  std::vector<std::pair<s4u::Host*, s4u::Host*>> ends_;       // by route
  std::vector<std::vector<std::uint32_t>> on_link_;           // flows with bytes under way, by link
  std::map<std::uint32_t, Flow> flows_;                       // in flight, by number
  absl::flat_hash_map<Activity, std::uint32_t> by_activity_;  // those with bytes under way
  std::vector<s4u::CommPtr> left_;
  SimTime origin_ = 0;  // where SimGrid's clock was 0
  bool rates_changed_ = false;
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Timeline> make_simgrid_timeline() { return std::make_unique<SimgridTimeline>(); }

}  // namespace kvern
