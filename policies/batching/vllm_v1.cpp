// vLLM's V1 scheduler (v1/core/sched/scheduler.py @00024d3; defaults of 0.19). One list of running
// requests in order of admission, one queue; a step has no phases: each running request gets the
// tokens it lacks, within a budget, then the head of the queue is admitted while anything is left
// and nobody was preempted.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "policies/batching.h"
#include "sim/base/exact_math.h"
#include "sim/batch/planner.h"

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
                  "host_overhead then overlaps")) {
    p.choice("preemption", "recompute", {"recompute"}, "V1 has no swap");
  }

  std::string prepare(const PoolLimits& limits) override {
    limits_ = limits;
    // In millionths, so that the floor is exact.
    watermark_blocks_ = static_cast<std::uint32_t>(exact::nearest_whole(watermark_ * 1e6) *
                                                   limits.blocks / 1'000'000);
    return {};
  }

  Fit fit(const Arrival& request) const override {
    const std::uint64_t most = std::uint64_t{request.prompt_tokens} + request.output_tokens;
    const bool too_long =
        max_model_len_ &&
        std::uint64_t{request.prompt_tokens} + request.max_tokens > *max_model_len_;
    const bool too_large =
        (most - 1 + limits_.block_size - 1) / limits_.block_size > limits_.blocks;
    return too_long || too_large ? Fit::RefusedOnArrival : Fit::Fits;
  }

  void plan(Planner& p) override {
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

  void plan_running(Planner& p, std::int64_t& budget) const {
    Slot request = p.first_running();
    if (p.decode_all(budget)) {
      budget -= p.decodes();
      request = p.first_prefilling();
    }
    for (; request != kNoSlot && budget > 0; request = p.next_running(request)) {
      const std::uint32_t n = share_of(p.tokens(request) - p.computed(request), budget);
      while (!p.allocate(request, n)) {
        const Slot victim = p.last_running();
        p.preempt(victim);
        if (victim == request) return;
      }
      p.schedule(request, n);
      budget -= n;
    }
  }

  void plan_waiting(Planner& p, std::int64_t& budget) const {
    while (p.waiting() > 0 && budget > 0 && p.running() < max_num_seqs_) {
      if (p.head_is_fetching()) {
        p.skip_head();
        continue;
      }
      const std::uint32_t tokens = p.tokens(p.head());
      const PrefixHits hits = p.lookup_head();
      const std::uint32_t kept_free = p.running() > 0 ? watermark_blocks_ : 0;
      const FetchStart fetch = p.fetch_head(kept_free);
      if (fetch == FetchStart::Started) continue;
      if (fetch == FetchStart::Short) {
        if (p.make_room()) continue;
        return;
      }
      const std::uint32_t hit_tokens = hits.blocks * limits_.block_size;
      std::uint32_t n = tokens - hit_tokens;
      if (threshold_ > 0) n = std::min(n, threshold_);
      if (!chunked_ && n > budget) {
        // No step could ever take it: nothing runs whose end might help.
        if (p.running() > 0 || p.has_work()) return;
        p.refuse_head();
        continue;
      }
      n = static_cast<std::uint32_t>(std::min<std::int64_t>(n, budget));
      const std::uint32_t reserved = reserve_full_isl_ ? tokens : hit_tokens + n;
      if (p.blocks_for(reserved) - hits.blocks + hits.idle + kept_free > p.free_blocks()) {
        // Hits that are evicted while it waits can make the need of a first chunk smaller.
        if (!reserve_full_isl_ && hits.idle > 0) p.every_step();
        if (p.make_room()) continue;
        return;
      }
      p.admit_head(hits, n, hit_tokens + n);
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
  std::uint32_t watermark_blocks_ = 0;
  PoolLimits limits_;
};

}  // namespace

std::unique_ptr<Batching> make(Parameters& p) { return std::make_unique<VllmV1>(p); }

}  // namespace kvern::batching::vllm_v1
