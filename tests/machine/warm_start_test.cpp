// Prefix caches between runs. The law: a run that begins with what another one left hits what the
// second part of one long run would have hit.
#include <gtest/gtest.h>

#include "sim/base/random.h"
#include "tests/lab/program.h"
#include "tests/lab/serving_lab.h"
#include "tests/roots.h"

namespace kvern::lab {
namespace {

// Prompts of sessions over shared heads: each turn adds a block of 16 tokens; last tokens unnamed.
std::vector<LabRequest> sessions(std::uint64_t seed, std::size_t requests) {
  Stream stream(seed, "warm");
  std::vector<std::vector<std::uint32_t>> prompts(10);
  std::vector<LabRequest> all;
  std::uint32_t fresh = 10;
  SimTime at = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    const auto draw = static_cast<std::uint32_t>(stream.bits() >> 40);
    std::vector<std::uint32_t>& prompt = prompts[draw % prompts.size()];
    if (prompt.empty() || draw / 16 % 5 == 0) prompt = {draw % 2 * 2, draw % 2 * 2 + 1};
    prompt.push_back(fresh++);
    at += static_cast<SimTime>(stream.uniform() * 30e6);
    const auto tokens = static_cast<std::uint32_t>(prompt.size()) * 16 + draw % 16;
    all.push_back({at, tokens, 1 + draw % 40, prompt});
  }
  return all;
}

Lab lab_of(std::vector<LabRequest> requests, const std::string& eviction) {
  Lab lab;
  lab.requests = std::move(requests);
  lab.eviction = eviction;
  lab.prefix_cache = true;
  lab.blocks = 40;
  return lab;
}

// Cached tokens by request, in order of arrival.
std::vector<std::uint32_t> cached(const Outcome& outcome) {
  std::vector<std::uint32_t> tokens(outcome.requests.size());
  for (const RequestRow& row : outcome.requests) tokens[row.id] = row.cached_tokens;
  return tokens;
}

struct WarmRun {
  std::vector<CacheState> left;
  std::vector<std::uint32_t> cached;
};
WarmRun run_warm(const Lab& lab, std::vector<CacheState> warm) {
  Outcome outcome;
  ClusterSetup setup = setup_of(lab, outcome);
  setup.warm = std::move(warm);
  setup.save_cache = true;
  Cluster cluster(std::move(setup));
  cluster.run();
  return {cluster.unload_caches(), cached(outcome)};
}

// One run of both halves, an hour apart, against two with a saved cache between.
void expect_equal_hits(const std::string& eviction, std::uint64_t seed) {
  constexpr std::size_t kHalf = 60;
  const std::vector<LabRequest> all = sessions(seed, 2 * kHalf);
  std::vector<LabRequest> first(all.begin(), all.begin() + kHalf);
  std::vector<LabRequest> second(all.begin() + kHalf, all.end());
  std::vector<LabRequest> together = first;
  for (LabRequest request : second) {
    request.arrival += 3600 * kSecond;
    together.push_back(request);
  }
  const auto whole = cached(*run(lab_of(together, eviction)));
  const WarmRun before = run_warm(lab_of(first, eviction), {});
  const WarmRun after = run_warm(lab_of(second, eviction), before.left);
  std::vector<std::uint32_t> joined = before.cached;
  joined.insert(joined.end(), after.cached.begin(), after.cached.end());
  ASSERT_EQ(whole, joined) << eviction << " seed " << seed;
  const auto cold = cached(*run(lab_of(second, eviction)));
  EXPECT_NE(cold, after.cached) << eviction << " seed " << seed;
}

}  // namespace

TEST(WarmStart, HitsWhatOneLongRunHits) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    expect_equal_hits("lru", seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// Saved and loaded without a request in between it is the same cache.
TEST(WarmStart, LoadingChangesNothing) {
  const WarmRun run = run_warm(lab_of(sessions(1, 60), "lru"), {});
  ASSERT_EQ(run.left.size(), 1U);
  ASSERT_EQ(run.left[0].size(), 40U);
  Lab idle = lab_of({{0, 1, 1, {}}}, "lru");  // one token: its block goes to the end
  const WarmRun again = run_warm(idle, run.left);
  ASSERT_EQ(again.left[0].size(), 40U);
  for (std::size_t i = 0; i + 1 < 40; ++i) {
    EXPECT_EQ(again.left[0][i].name, run.left[0][i + 1].name) << i;
    EXPECT_EQ(again.left[0][i].hits, run.left[0][i + 1].hits) << i;
  }
}

// A smaller pool begins with what would have been evicted last.
TEST(WarmStart, ASmallerPoolKeepsTheBest) {
  const WarmRun run = run_warm(lab_of(sessions(1, 60), "lru"), {});
  Lab small = lab_of({{0, 1, 1, {}}}, "lru");
  small.blocks = 10;
  const WarmRun again = run_warm(small, run.left);
  ASSERT_EQ(again.left[0].size(), 10U);
  EXPECT_EQ(again.left[0][0].name, run.left[0][31].name);
}

namespace {

constexpr const char* kChat = R"toml(name = "chat"
[workload]
arrivals = "poisson(rate=20 req/s)"
lengths = "azure2023_conversation"
prefixes = "system_prompts(count=20, skew=1, tokens=512)"
requests = 100
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 2000
)toml";

}  // namespace

TEST(WarmStart, FromTheCommandLine) {
  const Program program{KVERN_BINARY};
  const std::string chat = program.write("chat.toml", kChat);
  const std::string cache = (program.folder() / "cache.h5").string();
  EXPECT_EQ(program.run(chat, {"--save-cache", cache}).code, 0);
  const Output warm = program.run(chat, {"--load-cache", cache});
  EXPECT_EQ(warm.code, 0) << warm.err;
  std::vector<std::string> starts;
  for (const auto& run : std::filesystem::directory_iterator(program.folder() / "out")) {
    const bool is_warm = run.path().filename().string().starts_with("chat-warm-");
    const std::string manifest = text_of(run.path() / "manifest.toml");
    EXPECT_NE(manifest.find(is_warm ? "cache_start = \"warm\"" : "cache_start = \"cold\""),
              std::string::npos)
        << manifest;
    starts.push_back(run.path().filename().string());
  }
  EXPECT_EQ(starts.size(), 2U);

  const Output other = program.run(chat, {"--load-cache", cache, "--set", "seed=2"});
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("of another workload"), std::string::npos) << other.err;
  const Output size = program.run(chat, {"--load-cache", cache, "--set", "pool.replicas=2"});
  EXPECT_NE(size.err.find("saved with replicas = 1, this run has 2"), std::string::npos);
  EXPECT_EQ(program.run(chat, {"--load-cache", chat}).code, 2);
  EXPECT_EQ(program.run(chat, {"--load-cache", cache, "--compare", "pool.kv.blocks=500,600"}).code,
            2);
}

}  // namespace kvern::lab
