// Shared prefixes and sessions: which prompts begin alike, and when the next turn comes.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/unit/traces/workload.h"

namespace kvern {
namespace {

using workloads::run_dry;
using workloads::Seen;
using workloads::Texts;
using workloads::workload;
using Ids = std::vector<std::uint32_t>;

}  // namespace

// Two texts of 40 tokens in blocks of 16: two full blocks each, ids 0 1 and 2 3. A prompt of 100
// more tokens is 140 long; its private tail has no ids.
TEST(SystemPrompts, NameTheirFullBlocks) {
  const auto arrivals = workload({.prefixes = "system_prompts(count=2, skew=1.0, tokens=40)"});
  EXPECT_EQ(arrivals->block_size(), 16U);
  std::set<Ids> kinds;
  for (const Seen& seen : run_dry(*arrivals)) {
    EXPECT_EQ(seen.arrival.prompt_tokens, 140U);
    kinds.insert(seen.blocks);
  }
  EXPECT_EQ(kinds, (std::set<Ids>{{0, 1}, {2, 3}}));
}

// Inside: the prompt is as drawn, and a short one is all shared: 20 tokens are one full block.
TEST(SystemPrompts, MayBePartOfTheDrawnPrompt) {
  const auto arrivals =
      workload({.lengths = "constant(prompt=20, output=1)",
                .prefixes = "system_prompts(count=1, tokens=40, placement=inside)"});
  const Seen first = run_dry(*arrivals).front();
  EXPECT_EQ(first.arrival.prompt_tokens, 20U);
  EXPECT_EQ(first.blocks, (Ids{0}));
}

// Share of the most popular: 1 / H(50, 1) = 1 / 4.4992 = .22226.
TEST(SystemPrompts, ArePopularByRank) {
  constexpr std::uint32_t n = 40'000;
  const auto arrivals = workload({.prefixes = "system_prompts", .requests = n});
  double harmonic = 0;
  for (int rank = 1; rank <= 50; ++rank) harmonic += 1.0 / rank;
  double first = 0;
  for (const Seen& seen : run_dry(*arrivals)) first += seen.blocks.front() == 0 ? 1 : 0;
  const double share = 1 / harmonic;
  EXPECT_NEAR(first / n, share, 4 * std::sqrt(share * (1 - share) / n));
}

TEST(SystemPrompts, MayDifferInLength) {
  const auto arrivals = workload(
      {.prefixes = "system_prompts(count=100, skew=0.0, token_lengths=uniform(min=16, max=48))"});
  std::set<std::uint32_t> lengths;
  for (const Seen& seen : run_dry(*arrivals)) {
    const std::uint32_t shared = seen.arrival.prompt_tokens - 100;
    EXPECT_TRUE(shared >= 16 && shared <= 48);
    EXPECT_EQ(seen.blocks.size(), shared / 16);
    lengths.insert(shared);
  }
  EXPECT_GT(lengths.size(), 20U);
}

// Sessions start at 1, 2 s; three turns; an answer takes .5 s and the user 2 s. Prompts: 40 new
// tokens, then the answer's 10 and 40 more: 40, 90, 140 = 2, 5, 8 full blocks.
TEST(Sessions, ThinkAndGrow) {
  const auto arrivals = workload(
      {.arrivals = "piecewise(process=constant, interval=3 s, rates=[1 req/s], repeat=false)",
       .lengths = "constant(prompt=40, output=10)",
       .prefixes = "sessions(turns=constant(value=3), think=constant(value=2 s))",
       .requests = std::nullopt});
  const std::vector<Seen> all = run_dry(*arrivals, 500 * kMillisecond);
  const double at[] = {1, 2, 3.5, 4.5, 6, 7};
  const std::uint32_t prompts[] = {40, 40, 90, 90, 140, 140};
  // With the answer, turns compute 49 and 99 tokens: 3 and 6 full blocks, named before the others'.
  const std::vector<Ids> blocks = {{0, 1},
                                   {3, 4},
                                   {0, 1, 2, 6, 7},
                                   {3, 4, 5, 9, 10},
                                   {0, 1, 2, 6, 7, 8, 12, 13},
                                   {3, 4, 5, 9, 10, 11, 14, 15}};
  ASSERT_EQ(all.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(all[i].arrival.id, RequestId{static_cast<std::uint32_t>(i)});
    EXPECT_EQ(all[i].arrival.time, std::llround(at[i] * 1e9)) << i;
    EXPECT_EQ(all[i].arrival.prompt_tokens, prompts[i]) << i;
    EXPECT_EQ(all[i].arrival.session, static_cast<int>(i % 2)) << i;
    EXPECT_EQ(all[i].blocks, blocks[i]) << i;
  }
}

TEST(Sessions, WaitForTheirAnswers) {
  const auto arrivals = workload(
      {.arrivals = "piecewise(process=constant, interval=2 s, rates=[1 req/s], repeat=false)",
       .prefixes = "sessions(turns=constant(value=2), think=constant(value=1 s))",
       .requests = std::nullopt});
  Arrival first;
  arrivals->pop(first);
  EXPECT_EQ(arrivals->next_time(), kNever);
  arrivals->finished(first.id, 7 * kSecond);
  EXPECT_EQ(arrivals->next_time(), 8 * kSecond);
}

// A slow server delays turns but changes no session's lengths or pauses.
TEST(Sessions, DrawTheSameHoweverFastTheyAreServed) {
  const Texts texts{.arrivals = "poisson(rate=1 req/s)",
                    .lengths = "azure2023_conversation",
                    .prefixes = "sessions(count=3, tokens=64)",
                    .tenants = "zipf(count=4)",
                    .requests = 20'000};
  using Turns = std::map<std::int32_t, std::vector<std::uint32_t>>;
  const auto turns = [&](SimTime service) {
    const auto arrivals = workload(texts);
    Turns result;
    for (const Seen& seen : run_dry(*arrivals, service)) {
      auto& session = result[seen.arrival.session];
      session.push_back(seen.arrival.tenant);
      session.push_back(seen.arrival.prompt_tokens);
      session.push_back(seen.arrival.output_tokens);
    }
    return result;
  };
  const Turns fast = turns(0);
  const Turns slow = turns(30 * kSecond);
  for (const auto& [session, lengths] : fast) {
    if (session > 3000) break;  // the last ones are cut by `requests`
    EXPECT_EQ(lengths, slow.at(session)) << session;
  }
}

// Equal id = equal prefix: every id has exactly one predecessor and one place.
TEST(Sessions, ChainTheirBlocks) {
  const auto arrivals = workload({.arrivals = "poisson(rate=1 req/s)",
                                  .lengths = "geometric(prompt=300.0, output=100.0)",
                                  .prefixes = "sessions(count=5, tokens=100)",
                                  .requests = 5'000});
  std::map<std::uint32_t, std::pair<std::size_t, std::int64_t>> place;
  for (const Seen& seen : run_dry(*arrivals, kSecond)) {
    EXPECT_EQ(seen.blocks.size(), seen.arrival.prompt_tokens / 16);
    std::int64_t before = -1;
    for (std::size_t i = 0; i < seen.blocks.size(); ++i) {
      const auto [found, fresh] = place.emplace(seen.blocks[i], std::pair(i, before));
      EXPECT_EQ(found->second, std::pair(i, before));
      before = seen.blocks[i];
    }
  }
}

TEST(Sessions, EndAtTheContextLimit) {
  const auto arrivals = workload({.arrivals = "poisson(rate=1 req/s)",
                                  .prefixes = "sessions(turns=constant(value=50), context_max=500)",
                                  .requests = 2'000});
  std::map<std::int32_t, std::uint32_t> turns;
  for (const Seen& seen : run_dry(*arrivals)) {
    EXPECT_LE(seen.arrival.prompt_tokens + seen.arrival.output_tokens, 500U);
    ++turns[seen.arrival.session];
  }
  // 100, 210, 320, 430 tokens of prompt; the fifth would be 540.
  EXPECT_EQ(turns.at(0), 4U);
}

// Medians of the preset: first prompt 24,454, growth 646, output 214, 45 requests.
TEST(Sessions, AgenticPresetHasItsQuantiles) {
  const auto arrivals = workload({.arrivals = "poisson(rate=0.01 req/s)",
                                  .lengths = "",
                                  .prefixes = "agentic",
                                  .requests = 100'000},
                                 1, 0);
  std::map<std::int32_t, std::vector<std::uint32_t>> prompts;
  double below = 0;
  for (const Seen& seen : run_dry(*arrivals)) {
    prompts[seen.arrival.session].push_back(seen.arrival.prompt_tokens);
    below += seen.arrival.output_tokens < 214 ? 1 : 0;
    EXPECT_TRUE(seen.blocks.empty());
  }
  EXPECT_NEAR(below / 100'000, 0.5, 0.01);
  double first_below = 0;
  double turns_below = 0;
  double sessions = 0;
  double growths = 0;
  double growths_below = 0;
  for (const auto& [session, sizes] : prompts) {
    if (session > 1000) break;
    ++sessions;
    first_below += sizes.front() < 24454 ? 1 : 0;
    turns_below += sizes.size() < 45 ? 1 : 0;
    for (std::size_t i = 1; i < sizes.size(); ++i, ++growths) {
      growths_below += sizes[i] - sizes[i - 1] < 646 ? 1 : 0;
    }
  }
  const double error = 4 * std::sqrt(0.25 / sessions);
  EXPECT_NEAR(first_below / sessions, 0.5, error);
  EXPECT_NEAR(turns_below / sessions, 0.5, error);
  EXPECT_NEAR(growths_below / growths, 0.5, 0.02);
}

}  // namespace kvern
