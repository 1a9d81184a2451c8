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

// Flows are few at a time (each share update costs as much as there are flows on a link). Latencies
// stay outside SimGrid, added at the end of a flow: inside they would bound its rate.
class SimgridTimeline final : public Timeline {
 public:
  FlowId start(RouteId id, std::int64_t bytes, SimTime now) override {
    if (!engine_) build();
    advance(now);
    const Route& way = route(id);
    Flow flow;
    flow.route = id;
    flow.alone_end = end_alone(way, bytes, now);
    for (const LinkId link : way.links) {
      auto& on_link = on_link_[static_cast<std::size_t>(link)];
      for (const std::uint32_t other : on_link) flows_.at(other).alone = flow.alone = false;
      on_link.push_back(next_);
    }
    const auto [from, to] = ends_[static_cast<std::size_t>(id)];
    flow.comm = s4u::Comm::sendto_init(from, to);
    flow.comm->set_name(std::to_string(next_));
    flow.comm->set_payload_size(static_cast<std::uint64_t>(bytes));
    flow.comm->start();
    flows_.emplace(next_, std::move(flow));
    return FlowId{next_++};
  }

  SimTime next_end() override {
    SimTime next = kNever;
    bool contended = false;
    for (const auto& [number, flow] : flows_) {
      next = std::min(next, flow.alone ? flow.alone_end : flow.end);
      contended = contended || (!flow.alone && flow.end == kNever);
    }
    // SimGrid is asked only about flows that contention may have changed. What it says is an
    // instant at which some flow's bytes are through; its latency then still passes.
    return contended ? std::min(next, next_change()) : next;
  }

  void ended(SimTime now, std::vector<FlowEnd>& flows) override {
    advance(now);
    std::vector<std::pair<SimTime, std::uint32_t>> over;
    for (const auto& [number, flow] : flows_) {
      const SimTime end = flow.alone ? flow.alone_end : flow.end;
      if (end <= now) over.emplace_back(end, number);
    }
    std::sort(over.begin(), over.end());
    for (const auto& [end, number] : over) {
      flows.push_back({FlowId{number}, end});
      leave(number);
    }
  }

 private:
  struct Flow {
    RouteId route{};
    SimTime alone_end = 0;
    bool alone = true;     // shared no link so far
    SimTime end = kNever;  // by SimGrid, latency included; kNever while bytes are under way
    s4u::CommPtr comm;
  };

  void build() {
    static char name[] = "kvern", quiet[] = "--log=root.thresh:error";
    static char* arguments[] = {name, quiet, nullptr};
    int count = 2;
    engine_ = std::make_unique<s4u::Engine>(&count, arguments);
    s4u::Engine::set_config("network/model:CM02");
    s4u::Engine::set_config("network/crosstraffic:0");
    auto* zone = s4u::create_full_zone("cluster");
    std::vector<s4u::Link*> wires;
    for (std::size_t i = 0; i < links().size(); ++i) {
      const auto rate = static_cast<double>(links()[i].bytes_per_second);
      wires.push_back(zone->create_link("link" + std::to_string(i), rate)->set_latency(0)->seal());
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
    s4u::Activity::on_completion_cb([this](const s4u::Activity& activity) { through(activity); });
  }

  // The bytes of a flow are through.
  void through(const s4u::Activity& activity) {
    const auto found = flows_.find(static_cast<std::uint32_t>(std::stoul(activity.get_name())));
    if (found == flows_.end()) return;  // it had ended alone, a rounding error earlier
    const SimTime now = std::llround(s4u::Engine::get_clock() * 1e9);
    found->second.end = now + route(found->second.route).latency;
  }

  SimTime next_change() const {
    const double now = s4u::Engine::get_clock();
    double soonest = -1;
    for (auto* model : engine_->get_all_models()) {
      const double delay = model->next_occurring_event(now);
      if (delay >= 0 && (soonest < 0 || delay < soonest)) soonest = delay;
    }
    return soonest < 0 ? kNever : std::llround((now + soonest) * 1e9);
  }

  void advance(SimTime now) {
    const double until = static_cast<double>(now) * 1e-9;
    if (engine_ && until > s4u::Engine::get_clock()) engine_->run_until(until);
  }

  void leave(std::uint32_t number) {
    Flow& flow = flows_.at(number);
    for (const LinkId link : route(flow.route).links) {
      std::erase(on_link_[static_cast<std::size_t>(link)], number);
    }
    const s4u::CommPtr comm = std::move(flow.comm);
    const bool under_way = flow.end == kNever;
    flows_.erase(number);
    if (under_way) comm->cancel();
  }

  std::unique_ptr<s4u::Engine> engine_;
  std::vector<std::pair<s4u::Host*, s4u::Host*>> ends_;  // by route
  std::vector<std::vector<std::uint32_t>> on_link_;      // flows in flight, by link
  std::map<std::uint32_t, Flow> flows_;                  // in flight, by number
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Timeline> make_simgrid_timeline() { return std::make_unique<SimgridTimeline>(); }

}  // namespace kvern
