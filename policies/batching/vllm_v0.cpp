// vLLM's V0 scheduler (core/scheduler.py @0054e1f), recompute only. By default prefill comes first:
// a step is prefill only as soon as one prompt can be admitted, whole; else every running request
// decodes. With chunked prefill one budget serves running requests first, then the queue.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "policies/batching.h"
#include "policies/parts/requests/preemption_key.h"
#include "sim/base/exact_math.h"

namespace kvern::batching::vllm_v0 {

namespace {

constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

class VllmV0 final : public Batching {
 public:
  explicit VllmV0(Parameters& p)
      : chunked_(p.get("chunked", false, "chunked prefill")),
        max_num_seqs_(p.get("max_num_seqs", 256U, "most requests running at once", {1, 1 << 20})),
        max_model_len_(p.find<std::uint32_t>(
            "max_model_len",
            "prompt + max_tokens beyond this is rejected on arrival; absent: no limit",
            {1, 2147483648.0})),
        given_budget_(p.find<std::uint32_t>("max_num_batched_tokens",
                                            "most tokens of a step; absent: max(max_model_len, "
                                            "2048), 8192 without a max_model_len, 2048 with "
                                            "chunked prefill",
                                            {1, 1 << 24})),
        spare_(p.choice("can_append", "one_block", {"one_block", "exact"},
                        "one_block: a decode needs a free block even if its last one has room") ==
                       "one_block"
                   ? 1
                   : 0),
        watermark_(
            p.get("watermark", Share{0.01}, "share of blocks an admission leaves free").value),
        preemption_(read_preemption(p)) {
    if (given_budget_) {
      budget_ = *given_budget_;
    } else if (chunked_) {
      budget_ = 2048;
    } else {
      budget_ = max_model_len_ ? std::max(*max_model_len_, 2048U) : 8192;
    }
    prompt_limit_ = max_model_len_.value_or(kNoLimit);
    if (!chunked_) prompt_limit_ = std::min(prompt_limit_, budget_);
  }

  // Its preemption rule was read.
  bool whole() const { return preemption_ != nullptr; }

  std::string prepare(const PoolLimits& limits) override {
    if (limits.prefix_cache) return "vllm_v0 has no prefix cache here; set prefix_cache = false";
    blocks_ = limits.blocks;
    block_size_ = limits.block_size;
    // In millionths, so that the floor is exact.
    watermark_blocks_ = static_cast<std::uint32_t>(exact::nearest_whole(watermark_ * 1e6) *
                                                   limits.blocks / 1'000'000);
    return refusal(*preemption_, limits);
  }

  Fit fit(const RequestView& request) const override {
    if (max_model_len_ &&
        std::uint64_t{request.prompt_tokens} + request.max_tokens() > *max_model_len_) {
      return Fit::RefusedOnArrival;
    }
    const bool never = !can_ever_allocate((request.prompt_tokens - 1) / block_size_ + 1);
    return never || request.prompt_tokens > prompt_limit_ ? Fit::RefusedAtHead : Fit::Fits;
  }

  void plan(StepPlanner& p) override {
    p.valid_for(Until::ArrivalAtFront);
    if (chunked_) {
      std::int64_t budget = budget_;
      plan_running(p, budget);
      admit(p, budget);
      return;
    }
    std::int64_t budget = budget_;
    admit(p, budget);
    if (!p.has_work()) {
      std::int64_t no_limit = kNoLimit;
      plan_running(p, no_limit);
    }
  }

  std::uint32_t most_tokens() const override { return budget_; }
  std::uint32_t most_sequences() const override { return max_num_seqs_; }

 private:
  bool can_ever_allocate(std::uint32_t need) const {
    return std::uint64_t{need} + watermark_blocks_ <= blocks_;
  }

  // Heads of the queue while they fit: whole prompts, or a first chunk of them.
  void admit(StepPlanner& p, std::int64_t& budget) const {
    while (p.waiting() > 0) {
      const std::uint32_t tokens = p.standing(p.waiting_at(0)).tokens;
      const std::uint32_t need = p.blocks_for(tokens);
      if (tokens > prompt_limit_ || !can_ever_allocate(need)) {
        p.refuse(0);
        continue;
      }
      const std::uint32_t n =
          chunked_ ? static_cast<std::uint32_t>(std::min<std::int64_t>(tokens, budget)) : tokens;
      if (need + watermark_blocks_ > p.free_blocks()) return;
      if (n == 0 || n > budget || p.running() + 1 > max_num_seqs_) return;
      p.admit(0, {}, n, tokens);
      budget -= n;
    }
  }

  // Running requests by arrival, which is their order of admission: victims return to the front.
  void plan_running(StepPlanner& p, std::int64_t& budget) const {
    Slot request = p.first_running();
    if (p.decode_all(budget, spare_, preemption_.get())) {
      budget -= p.decodes();
      request = p.first_prefilling();
    }
    for (; request != kNoSlot && budget > 0; request = p.next_running(request)) {
      const Standing its = p.standing(request);
      const std::int64_t lacking = its.tokens - its.computed;
      const auto n = static_cast<std::uint32_t>(std::min(lacking, budget));
      // A prefill has blocks for its whole prompt since it was admitted.
      const std::uint32_t spare = its.decodes ? spare_ : 0;
      while (p.free_blocks() < spare || !p.allocate(request, n)) {
        const Preempted victim = p.give_way(*preemption_, p.last_running());
        budget += victim.tokens;
        if (victim.slot == request) return;
      }
      p.schedule(request, n);
      budget -= n;
    }
  }

  bool chunked_;
  std::uint32_t max_num_seqs_;
  std::optional<std::uint32_t> max_model_len_;
  std::optional<std::uint32_t> given_budget_;
  std::uint32_t spare_;
  double watermark_;
  std::unique_ptr<Preemption> preemption_;
  std::uint32_t budget_ = 0;
  std::uint32_t prompt_limit_ = 0;
  std::uint32_t blocks_ = 0, block_size_ = 1, watermark_blocks_ = 0;
};

}  // namespace

std::unique_ptr<Batching> make(Parameters& p) {
  auto policy = std::make_unique<VllmV0>(p);
  return policy->whole() ? std::move(policy) : nullptr;
}

}  // namespace kvern::batching::vllm_v0
