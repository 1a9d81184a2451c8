// vLLM's V1 scheduler (v1/core/sched/scheduler.py @00024d3; defaults of 0.19). One list of running
// requests in order of admission, one queue; a step has no phases: each running request gets the
// tokens it lacks, within a budget, then the head of the queue is admitted while anything is left
// and nobody was preempted.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "policies/batching.h"
#include "policies/parts/requests/preemption_key.h"
#include "sim/base/exact_math.h"

namespace kvern::batching::vllm_v1 {

namespace {

class VllmV1 final : public Batching {
 public:
  explicit VllmV1(Parameters& p)
      : max_num_seqs_(p.get("max_num_seqs", 256U, "most requests running at once", {1, 1 << 20})),
        budget_(p.get("max_num_batched_tokens", 2048U, "most tokens of a step", {1, 1 << 24})),
        max_model_len_(p.find<std::uint32_t>(
            "max_model_len",
            "prompt + max_tokens beyond this is rejected on arrival; absent: no limit",
            {1, 2147483648.0})),
        threshold_(p.get("long_prefill_token_threshold", 0U,
                         "most prefill tokens of one request in a step; 0: no limit")),
        chunked_(p.get("chunked_prefill", true, "a prompt may be split over steps")),
        reserve_full_isl_(p.get("reserve_full_isl", true,
                                "admit only if all known tokens of the request would fit")),
        watermark_(p.get("watermark", Share{0},
                         "share of blocks left free by an admission while others run")
                       .value),
        ahead_(
            p.get("async_scheduling", false,
                  "plan step k+1 at the start of step k: arrivals and ends are seen a step late; "
                  "host_overhead then overlaps")),
        preemption_(read_preemption(p)) {}

  // Its preemption rule was read.
  bool whole() const { return preemption_ != nullptr; }

  std::string prepare(const PoolLimits& limits) override {
    limits_ = limits;
    // In millionths, so that the floor is exact.
    watermark_blocks_ = static_cast<std::uint32_t>(exact::nearest_whole(watermark_ * 1e6) *
                                                   limits.blocks / 1'000'000);
    return refusal(*preemption_, limits);
  }

  // By what is declared: a request that could outgrow the pool is refused, whatever it would have
  // produced.
  Fit fit(const RequestView& request) const override {
    const std::uint64_t most = std::uint64_t{request.prompt_tokens} + request.max_tokens();
    const bool too_long = max_model_len_ && most > *max_model_len_;
    const bool too_large =
        (most - 1 + limits_.block_size - 1) / limits_.block_size > limits_.blocks;
    return too_long || too_large ? Fit::RefusedOnArrival : Fit::Fits;
  }

  void plan(StepPlanner& p) override {
    p.valid_for(Until::ArrivalAtFront);
    std::int64_t budget = budget_;
    plan_running(p, budget);
    if (p.preempted() == 0) plan_waiting(p, budget);
  }

  bool plans_ahead() const override { return ahead_; }
  bool keeps_null_block() const override { return true; }
  std::uint32_t most_tokens() const override { return budget_; }
  std::uint32_t most_sequences() const override { return max_num_seqs_; }

 private:
  std::uint32_t share_of(std::uint32_t lacking, std::int64_t budget) const {
    if (threshold_ > 0) lacking = std::min(lacking, threshold_);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(lacking, budget));
  }

  void plan_running(StepPlanner& p, std::int64_t& budget) const {
    Slot request = p.first_running();
    if (p.decode_all(budget, 0, preemption_.get())) {
      budget -= p.decodes();
      request = p.first_prefilling();
    }
    for (; request != kNoSlot && budget > 0; request = p.next_running(request)) {
      const Standing its = p.standing(request);
      const std::uint32_t n = share_of(its.tokens - its.computed, budget);
      while (!p.allocate(request, n)) {
        const Preempted victim = p.give_way(*preemption_, p.last_running());
        budget += victim.tokens;
        if (victim.slot == request) return;
      }
      p.schedule(request, n);
      budget -= n;
    }
  }

  void plan_waiting(StepPlanner& p, std::int64_t& budget) const {
    std::uint32_t place = 0;  // those before it wait for their blocks
    while (place < p.waiting() && budget > 0 && p.running() < max_num_seqs_) {
      const Standing its = p.standing(p.waiting_at(place));
      if (its.fetching) {
        ++place;
        continue;
      }
      const std::uint32_t tokens = its.tokens;
      const PrefixHits hits = p.lookup(place);
      const std::uint32_t kept_free = p.running() > 0 ? watermark_blocks_ : 0;
      const FetchStart fetch = p.fetch(place, kept_free);
      if (fetch == FetchStart::Started) {
        ++place;
        continue;
      }
      if (fetch == FetchStart::Short) {
        if (p.make_room(place)) continue;
        return;
      }
      const std::uint32_t hit_tokens = hits.blocks * limits_.block_size;
      std::uint32_t n = tokens - hit_tokens;
      if (threshold_ > 0) n = std::min(n, threshold_);
      if (!chunked_ && n > budget) {
        // No step could ever take it: nothing runs whose end might help.
        if (p.running() > 0 || p.has_work()) return;
        p.refuse(place);
        continue;
      }
      n = static_cast<std::uint32_t>(std::min<std::int64_t>(n, budget));
      const std::uint32_t reserved = reserve_full_isl_ ? tokens : hit_tokens + n;
      if (p.blocks_for(reserved) - hits.blocks + hits.idle + kept_free > p.free_blocks()) {
        // Hits that are evicted while it waits can make the need of a first chunk smaller.
        if (!reserve_full_isl_ && hits.idle > 0) p.valid_for(Until::NextStep);
        if (p.make_room(place)) continue;
        return;
      }
      p.admit(place, hits, n, hit_tokens + n);
      budget -= n;
    }
  }

  std::uint32_t max_num_seqs_;
  std::uint32_t budget_;
  std::optional<std::uint32_t> max_model_len_;
  std::uint32_t threshold_;
  bool chunked_;
  bool reserve_full_isl_;
  double watermark_;
  bool ahead_;
  std::unique_ptr<Preemption> preemption_;
  std::uint32_t watermark_blocks_ = 0;
  PoolLimits limits_;
};

}  // namespace

std::unique_ptr<Batching> make(Parameters& p) {
  auto policy = std::make_unique<VllmV1>(p);
  return policy->whole() ? std::move(policy) : nullptr;
}

}  // namespace kvern::batching::vllm_v1
