#include "sim/cache/cache_replay.h"

#include <algorithm>
#include <string>

#include "sim/cache/trace_oracle.h"
#include "sim/law.h"

namespace kvern {
namespace {

constexpr std::uint32_t kNoLaterAccess = UINT32_MAX;

class Replay {
 public:
  Replay(const CacheTrace& trace, std::uint32_t capacity, Eviction& policy,
         CacheAdmission* admission, std::span<const std::uint32_t> next, const Draws& draws)
      : trace_(trace),
        policy_(policy),
        admission_(admission),
        capacity_(policy.unbounded() ? trace.distinct : std::min(capacity, trace.distinct)),
        oracle_(trace.distinct, policy.clairvoyant() ? next : std::span<const std::uint32_t>()),
        slots_(trace.distinct, kNoBlock),
        contents_(capacity_) {
    if (policy.clairvoyant()) policy.foresee(oracle_);
    policy.prepare(capacity_, draws);
    if (admission != nullptr) admission->prepare(capacity_, draws);
  }

  template <bool kOracle, bool kAdmission>
  CacheCounts run();

 private:
  static constexpr std::uint64_t kAhead = 24;  // accesses whose slots are fetched meanwhile

  void start_request(std::size_t request) {
    info_.request_tokens =
        request < trace_.prompt_tokens.size() ? trace_.prompt_tokens[request] : 0;
    info_.tenant = request < trace_.tenant.size() ? trace_.tenant[request] : std::uint16_t{0};
    info_.category = request < trace_.category.size() ? trace_.category[request] : std::uint16_t{0};
    info_.parent = kNoBlock;
    info_.depth = 0;
  }
  // The slot that now holds `id`, or kNoBlock where it was left out.
  template <bool kAdmission>
  std::uint32_t miss(std::uint32_t id, SimTime now);
  std::uint32_t victim(SimTime now) {
    const std::uint32_t slot = index(policy_.victim(now));
    if (slot >= filled_) {
      throw LawBroken(2, now, "victim " + std::to_string(slot) + " holds no block");
    }
    return slot;
  }

  const CacheTrace& trace_;
  Eviction& policy_;
  CacheAdmission* admission_;
  std::uint32_t capacity_;
  TraceOracle oracle_;
  std::vector<std::uint32_t> slots_;     // by id; kNoBlock = not resident
  std::vector<std::uint32_t> contents_;  // id by slot
  std::uint32_t filled_ = 0;             // slots ever filled: they stay so
  BlockInfo info_;
  CacheCounts counts_;
};

template <bool kAdmission>
std::uint32_t Replay::miss(std::uint32_t id, SimTime now) {
  if (capacity_ == 0) return kNoBlock;
  std::uint32_t slot = kNoBlock;
  const bool full = filled_ == capacity_;
  const bool compares = kAdmission && full && admission_->compares();
  bool keep = true;
  if (kAdmission && !compares) keep = admission_->keeps(info_, kNoContent, now);
  if (full && keep) {
    keep = policy_.wants(info_, now);
    if (keep) slot = victim(now);
    if (keep && compares) keep = admission_->keeps(info_, contents_[slot], now);
  }
  if (!keep) {
    ++counts_.refused;
    return kNoBlock;
  }
  if (full) {
    policy_.removed(BlockId{slot});
    slots_[contents_[slot]] = kNoBlock;
    if (info_.parent == slot) info_.parent = kNoBlock;
    ++counts_.evictions;
  } else {
    slot = filled_++;
  }
  contents_[slot] = id;
  slots_[id] = slot;
  policy_.inserted(BlockId{slot}, info_, now);
  return slot;
}

template <bool kOracle, bool kAdmission>
CacheCounts Replay::run() {
  const std::uint32_t* const ids = trace_.ids.data();
  const std::uint64_t accesses = trace_.ids.size();
  std::uint64_t access = 0;
  for (std::size_t request = 0; request < trace_.requests(); ++request) {
    start_request(request);
    bool leading = true;
    const std::uint64_t first = access;
    const bool timed = request < trace_.arrival.size();
    for (const std::uint64_t end = trace_.end_of(request); access < end; ++access) {
      if (access + kAhead < accesses) __builtin_prefetch(&slots_[ids[access + kAhead]], 1);
      const std::uint32_t id = ids[access];
      const SimTime now = timed ? trace_.arrival[request] : static_cast<SimTime>(access);
      if constexpr (kOracle) oracle_.serve(access, id);
      if constexpr (kAdmission) admission_->asked(id, now);
      std::uint32_t slot = slots_[id];
      if (slot != kNoBlock) {
        ++counts_.hits;
        counts_.prefix_hits += leading ? 1 : 0;
        policy_.touched(BlockId{slot}, now);
      } else {
        leading = false;
        info_.content = id;
        info_.depth = static_cast<std::uint32_t>(access - first);
        const std::uint64_t before = std::uint64_t{info_.depth} * trace_.block_size;
        info_.tokens = info_.request_tokens <= before
                           ? trace_.block_size
                           : static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                 trace_.block_size, info_.request_tokens - before));
        slot = miss<kAdmission>(id, now);
      }
      info_.parent = slot;
    }
  }
  counts_.accesses = access;
  return counts_;
}

}  // namespace

std::vector<std::uint32_t> next_uses(const CacheTrace& trace) {
  std::vector<std::uint32_t> next(trace.ids.size());
  std::vector<std::uint32_t> later(trace.distinct, kNoLaterAccess);
  for (std::size_t i = trace.ids.size(); i > 0; --i) {
    std::uint32_t& seen = later[trace.ids[i - 1]];
    next[i - 1] = seen;
    seen = static_cast<std::uint32_t>(i - 1);
  }
  return next;
}

CacheCounts replay_cache(const CacheTrace& trace, std::uint32_t capacity, Eviction& policy,
                         CacheAdmission* admission, std::span<const std::uint32_t> next,
                         const Draws& draws) {
  Replay replay(trace, capacity, policy, admission, next, draws);
  const bool oracle = policy.clairvoyant();
  if (admission == nullptr) {
    return oracle ? replay.run<true, false>() : replay.run<false, false>();
  }
  return oracle ? replay.run<true, true>() : replay.run<false, true>();
}

}  // namespace kvern
