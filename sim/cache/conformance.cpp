#include "sim/cache/conformance.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cache/belady_bound.h"
#include "sim/cache/cache_replay.h"
#include "sim/cache/checked_eviction.h"
#include "sim/cache/conformance_workloads.h"
#include "sim/cache/pinning_pool.h"
#include "sim/law.h"

namespace kvern {
namespace {

constexpr std::uint32_t kCapacities[] = {0, 1, 2, 7, 64};

class Suite {
 public:
  Suite(const MakeEviction& make, const MakeCacheAdmission& admission)
      : make_(make), admission_(admission) {}

  std::vector<std::string> run() {
    for (const std::uint32_t capacity : kCapacities) {
      capacity_ = capacity;
      for (const ConformanceWorkload& workload : conformance_workloads(capacity)) {
        workload_ = &workload;
        next_ = next_uses(workload.trace);
        check("replay", [this] { replays(); });
        if (admission_ || make_()->unbounded()) continue;  // a pool has no use for them
        check("few pinned", [this] { pinning(capacity_ / 8 + 1); });
        check("all pinned", [this] { pinning(UINT32_MAX); });
      }
    }
    return std::move(failures_);
  }

 private:
  template <class Check>
  void check(const char* kind, const Check& body) {
    kind_ = kind;
    try {
      body();
    } catch (const LawBroken& broken) {
      fail(broken.what());
    }
  }
  void fail(const std::string& what) {
    failures_.push_back(
        fmt::format("{}, capacity {}, {}: {}", workload_->name, capacity_, kind_, what));
  }

  CacheCounts replay(Eviction& policy) {
    const auto admission = admission_ ? admission_() : nullptr;
    return replay_cache(workload_->trace, capacity_, policy, admission.get(), next_);
  }

  void replays() {
    const CacheTrace& trace = workload_->trace;
    CheckedEviction policy(make_());
    const CacheCounts counts = replay(policy);
    CheckedEviction fresh(make_());
    if (replay(fresh).hits != counts.hits) fail("a fresh one finds another number of blocks");
    if (replay(policy).hits != counts.hits) {
      fail("prepared again it finds another number of blocks");
    }
    if (policy.unbounded()) {
      if (!admission_ && counts.hits != trace.ids.size() - trace.distinct) {
        fail("unbounded, yet not every block is found again");
      }
      return;
    }
    const bool bypass = counts.refused > 0;
    const CacheCounts bound = belady_bound(trace, next_, capacity_, bypass);
    if (counts.hits > bound.hits) {
      fail(fmt::format("{} hits, Belady has {}", counts.hits, bound.hits));
    }
    if (counts.prefix_hits > counts.hits) fail("more hits in leading runs than hits");
  }

  PinningResult pin(CheckedEviction& policy, std::uint32_t in_flight, std::uint32_t asks = 1) {
    return PinningPool(workload_->trace, next_, capacity_, in_flight, asks, policy).run();
  }

  void pinning(std::uint32_t in_flight) {
    CheckedEviction policy(make_());
    const PinningResult first = pin(policy, in_flight);
    CheckedEviction fresh(make_());
    compare(first, pin(fresh, in_flight), "a fresh one");
    compare(first, pin(policy, in_flight), "prepared again it");
    compare(first, pin(policy, in_flight, 3), "asked three times it");
  }
  void compare(const PinningResult& one, const PinningResult& other, const char* which) {
    if (one.victims == other.victims) return;
    const auto differ = std::mismatch(one.victims.begin(), one.victims.end(), other.victims.begin(),
                                      other.victims.end());
    fail(fmt::format("{} gives another victim number {}", which,
                     differ.first - one.victims.begin()));
  }

  const MakeEviction& make_;
  const MakeCacheAdmission& admission_;
  std::uint32_t capacity_ = 0;
  const ConformanceWorkload* workload_ = nullptr;
  std::vector<std::uint32_t> next_;
  const char* kind_ = "";
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<std::string> conformance_failures(const MakeEviction& make) {
  return conformance_failures(make, MakeCacheAdmission{});
}

std::vector<std::string> conformance_failures(const MakeEviction& make,
                                              const MakeCacheAdmission& admission) {
  return Suite(make, admission).run();
}

}  // namespace kvern
