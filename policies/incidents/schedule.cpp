// Outages at stated times, as a maintenance plan or an incident log has them:
//
//   [cluster]
//   incidents = { policy = "schedule", outage = [{ replica = 0, at = "10 min", lasts = "2 min" }] }
//
// An outage is a failure and the return from it, or with drain = true the end of new requests and
// the return from that. Without `lasts` it is for good. Of several at an instant those that return
// come first, then in the order of the list.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "policies/incidents.h"

namespace kvern::incidents::schedule {

namespace {

class Schedule final : public Incidents {
 public:
  explicit Schedule(Parameters& p) {
    for (Parameters& outage : p.tables("outage", "of one replica")) read(outage);
    if (listed_.empty() && !p.has("outage")) {
      p.error("outage", "a schedule needs outages",
              "outage = [{ replica = 0, at = \"10 min\", lasts = \"2 min\" }]");
    }
    const auto order = [](const Incident& a, const Incident& b) {
      const bool returns = a.kind == IncidentKind::Return;
      if (a.time != b.time) return a.time < b.time;
      return returns && b.kind != IncidentKind::Return;
    };
    std::stable_sort(listed_.begin(), listed_.end(), order);
  }

  std::string prepare(std::uint32_t replicas) override {
    for (const Incident& incident : listed_) {
      const std::uint32_t replica = index(incident.replica);
      if (replica < replicas) continue;
      return "an outage of replica " + std::to_string(replica) + ", but the last one is " +
             std::to_string(replicas - 1);
    }
    return {};
  }
  SimTime next_time() const override {
    return next_ < listed_.size() ? listed_[next_].time : kNever;
  }
  Incident pop() override { return listed_[next_++]; }

 private:
  void read(Parameters& outage) {
    const ReplicaId replica{static_cast<std::uint16_t>(
        outage.require<std::uint32_t>("replica", "its number over all pools, from 0", {0, 65534}))};
    const SimTime at = outage.require<Duration>("at", "from the start of the scenario").ns;
    const auto lasts = outage.find<Duration>("lasts", "until it is back; absent: for good");
    const bool drains = outage.get("drain", false, "it serves those it has, and takes no others");
    outage.finish();
    listed_.push_back({at, drains ? IncidentKind::Drain : IncidentKind::Fail, replica});
    if (!lasts) return;
    if (lasts->ns == 0) outage.error("lasts", "an outage lasts longer than that");
    listed_.push_back({at + lasts->ns, IncidentKind::Return, replica});
  }

  std::vector<Incident> listed_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Incidents> make(Parameters& p) { return std::make_unique<Schedule>(p); }

}  // namespace kvern::incidents::schedule
