// What a scheduler may do with a StepPlanner beyond first come, first served: admit from anywhere,
// move those that wait, leave decodes out, stop anyone, say for how long its plan holds. Steps cost
// 10 us and 1 us a prefill token.
#include <gmock/gmock.h>

#include <functional>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

using testing::ElementsAre;

// Whole prompts, no limits but the pool; what differs between the tests is how it chooses.
class Chooser final : public Batching {
 public:
  using Choice = std::function<std::uint32_t(StepPlanner&)>;  // a place; waiting() = nobody
  struct Ways {
    Choice choice = [](StepPlanner&) { return 0U; };
    std::function<void(StepPlanner&)> first = [](StepPlanner&) {};  // before all else
    std::uint32_t decodes = UINT32_MAX;  // at most so many sequences decode in a step
    Until until = Until::Arrival;
    std::uint64_t steps = UINT64_MAX;
    std::uint64_t* plans = nullptr;  // counts them
  };
  explicit Chooser(Ways ways) : ways_(std::move(ways)) {}
  std::string prepare(const PoolLimits& limits) override {
    limits_ = limits;
    return {};
  }
  Fit fit(const RequestView& r) const override {
    const std::uint64_t most = std::uint64_t{r.prompt_tokens} + r.max_tokens() - 1;
    const bool fits = (most + limits_.block_size - 1) / limits_.block_size <= limits_.blocks;
    return fits ? Fit::Fits : Fit::RefusedOnArrival;
  }
  void plan(StepPlanner& p) override {
    if (ways_.plans != nullptr) ++*ways_.plans;
    p.valid_for(ways_.until, ways_.steps);
    ways_.first(p);
    run(p);
    if (p.preempted() == 0) admit(p);
  }
  std::uint32_t most_tokens() const override { return UINT32_MAX; }
  std::uint32_t most_sequences() const override { return 256; }

 private:
  void run(StepPlanner& p) const {
    Slot request = p.first_running();
    if (ways_.decodes == UINT32_MAX && p.decode_all(INT64_MAX)) request = p.first_prefilling();
    std::uint32_t left = ways_.decodes;
    for (; request != kNoSlot; request = p.next_running(request)) {
      const Standing its = p.standing(request);
      if (its.decodes && left == 0) continue;
      left -= its.decodes ? 1 : 0;
      while (!p.allocate(request, its.tokens - its.computed)) {
        if (p.preempt(p.last_running()).slot == request) return;
      }
      p.schedule(request, its.tokens - its.computed);
    }
  }
  void admit(StepPlanner& p) const {
    while (p.waiting() > 0) {
      const std::uint32_t place = ways_.choice(p);
      if (place == p.waiting()) return;
      const Standing its = p.standing(p.waiting_at(place));
      if (its.fetching) return;
      const std::uint32_t tokens = its.tokens;
      const PrefixHits hits = p.lookup(place);
      if (p.blocks_for(tokens) - hits.blocks + hits.idle > p.free_blocks()) return;
      p.admit(place, hits, tokens - hits.blocks * limits_.block_size, tokens);
    }
  }

  Ways ways_;
  PoolLimits limits_;
};

Lab lab_of(std::vector<LabRequest> requests, const Chooser::Ways& ways) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  lab.requests = std::move(requests);
  lab.scheduler = [ways] { return std::make_unique<Chooser>(ways); };
  return lab;
}

std::vector<SimTime> starts(const Outcome& outcome) {
  std::vector<SimTime> out(outcome.requests.size());
  for (const RequestRow& row : outcome.requests) out[row.id] = row.first_scheduled_ns;
  return out;
}

std::uint32_t shortest(StepPlanner& p) {
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i < p.waiting(); ++i) {
    const auto prompt = [&p](std::uint32_t at) {
      return p.request(p.waiting_at(at)).prompt_tokens;
    };
    if (prompt(i) < prompt(best)) best = i;
  }
  return best;
}

// One seat: request 0 runs from 0 to 16 us (6 tokens, one of output), then the shortest of those
// that wait, wherever they stand: 3, then 2, then 1.
TEST(StepPlanner, AdmitsFromAnyPlace) {
  Chooser::Ways ways;
  ways.choice = [](StepPlanner& p) { return p.running() > 0 ? p.waiting() : shortest(p); };
  const Lab lab = lab_of({{0, 6, 1, {}}, {1, 9, 1, {}}, {1, 5, 1, {}}, {1, 2, 1, {}}}, ways);
  EXPECT_THAT(starts(*run(lab)), ElementsAre(0, 43'000, 28'000, 16'000));
}

// The last in the queue goes to its front before each plan: last come, first served.
TEST(StepPlanner, MovesThoseThatWait) {
  Chooser::Ways ways;
  ways.choice = [](StepPlanner& p) { return p.running() > 0 ? p.waiting() : 0; };
  ways.first = [](StepPlanner& p) {
    if (p.waiting() > 1 && p.running() == 0) p.requeue(p.waiting() - 1, 0);
  };
  const Lab lab = lab_of({{0, 5, 1, {}}, {1, 5, 1, {}}, {2, 5, 1, {}}, {3, 5, 1, {}}}, ways);
  EXPECT_THAT(starts(*run(lab)), ElementsAre(0, 45'000, 30'000, 15'000));
}

// Two of three decode: the third waits with its blocks until one of them has ended.
TEST(StepPlanner, DecodesSome) {
  Chooser::Ways ways;
  ways.decodes = 2;
  Lab lab = lab_of({{0, 1, 3, {}}, {0, 1, 5, {}}, {0, 1, 3, {}}}, ways);
  const auto outcome = run(lab);
  // 13 us all prefill; 23, 33: 0 and 1 decode, 0 ends; 43, 53: 1 and 2 decode, and both end.
  ASSERT_EQ(outcome->requests.size(), 3U);
  EXPECT_EQ(outcome->requests[0].id, 0U);
  EXPECT_EQ(outcome->requests[0].finish_ns, 33'000);
  EXPECT_EQ(outcome->requests[1].finish_ns, 53'000);
  EXPECT_EQ(outcome->requests[2].finish_ns, 53'000);
}

// Work begins at whole 100 us only; idle, the replica wakes for it, with nobody arriving then.
TEST(StepPlanner, WakesAtAnInstant) {
  Chooser::Ways ways;
  const auto open = [](const StepPlanner& p) { return p.now() % 100'000 == 0; };
  ways.choice = [open](StepPlanner& p) { return open(p) ? 0 : p.waiting(); };
  ways.first = [open](StepPlanner& p) {
    if (p.waiting() > 0 && !open(p)) p.wake_at((p.now() / 100'000 + 1) * 100'000);
  };
  for (const bool stepwise : {false, true}) {
    // Request 1 comes while 0 decodes, in steps of 10 us that end at whole 10 us: 0 takes 10 + 10.
    Lab lab = lab_of({{5'000, 10, 20, {}}, {120'500, 10, 1, {}}, {900'100, 10, 1, {}}}, ways);
    lab.stepwise = stepwise;
    EXPECT_THAT(starts(*run(lab)), ElementsAre(100'000, 200'000, 1'000'000)) << stepwise;
  }
}

// 21 tokens: a step of prefill, then 20 decodes in runs of 4; without a limit, in one run.
TEST(StepPlanner, APlanHoldsForSoManySteps) {
  for (const auto& [steps, plans] : {std::pair{std::uint64_t{4}, 6U}, {UINT64_MAX, 2U}}) {
    std::uint64_t made = 0;
    Chooser::Ways ways;
    ways.steps = steps;
    ways.plans = &made;
    run(lab_of({{0, 1, 21, {}}}, ways));
    EXPECT_EQ(made, plans);
  }
}

// A scheduler that looks at no order is asked again at any arrival; one that serves in order, only
// where a newcomer could be next. Request 0 decodes, 1 is too large to join it, 2 would fit.
TEST(StepPlanner, AnArrivalEndsAPlanWhereItMay) {
  const std::vector<LabRequest> requests = {
      {0, 64, 200, {}}, {100'000, 900, 2, {}}, {200'000, 2, 1, {}}};
  Chooser::Ways ways;
  ways.choice = shortest;
  Lab lab = lab_of(requests, ways);
  lab.blocks = 60;
  EXPECT_LT(starts(*run(lab))[2], 220'000);
  ways.until = Until::ArrivalAtFront;
  lab = lab_of(requests, ways);
  lab.blocks = 60;
  EXPECT_GT(starts(*run(lab))[2], 2'000'000);
}

// What is not declared is noted when it is asked for.
TEST(StepPlanner, AskingForAnAnswersLengthIsNoted) {
  Chooser::Ways ways;
  Lab lab = lab_of({{0, 5, 1, {}}}, ways);
  EXPECT_FALSE(run(lab)->saw_outputs);
  ways.choice = [](StepPlanner& p) {
    return p.request(p.waiting_at(0)).max_tokens() > 5 ? 1U : 0U;
  };
  lab = lab_of({{0, 5, 1, {}}}, ways);
  EXPECT_TRUE(run(lab)->saw_outputs);
  lab.requests[0].max_tokens = 3;
  EXPECT_FALSE(run(lab)->saw_outputs);
}

// Jumps change nothing for any of them, on random requests in pools too small for them.
TEST(StepPlanner, FusedEqualsStepwise) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Lab lab = random_lab(seed);
    Chooser::Ways ways;
    if (seed % 2 == 0) ways.choice = shortest;
    if (seed % 3 == 0) ways.decodes = 1 + seed % 4;
    if (seed % 5 == 0) ways.steps = 1 + seed % 7;
    lab.scheduler = [ways] { return std::make_unique<Chooser>(ways); };
    const std::string fused = text(*run(lab), false);
    lab.stepwise = true;
    ASSERT_EQ(fused, text(*run(lab), false)) << seed << describe(lab);
  }
}

}  // namespace
}  // namespace kvern::lab
