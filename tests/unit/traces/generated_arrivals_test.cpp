// The whole generator: a hand case, independence of its parts, its errors.
#include "traces/generate/generated_arrivals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "scenarios/program/read/toml_reader.h"
#include "sim/base/exact_math.h"
#include "tests/unit/traces/workload.h"

namespace kvern {
namespace {

using workloads::run_dry;
using workloads::Seen;
using workloads::Texts;
using workloads::try_workload;
using workloads::workload;

std::vector<std::vector<std::uint64_t>> columns(const Texts& texts, std::uint64_t seed = 1) {
  const auto arrivals = workload(texts, seed);
  std::vector<std::vector<std::uint64_t>> result(4);
  for (const Seen& seen : run_dry(*arrivals)) {
    result[0].push_back(static_cast<std::uint64_t>(seen.arrival.time));
    result[1].push_back(seen.arrival.output_tokens);
    result[2].push_back(seen.blocks.empty() ? 0 : seen.blocks.front());
    result[3].push_back(seen.arrival.tenant);
  }
  return result;
}

}  // namespace

// Request k: gap from draw k of "workload.arrivals", lengths from draws 2k and 2k + 1 of
// "workload.lengths", system prompt and tenant from draw k of theirs.
TEST(GeneratedArrivals, AreTheirNamedDraws) {
  const auto arrivals = workload({.lengths = "geometric(prompt=50.0, output=4.0)",
                                  .prefixes = "system_prompts(count=3, tokens=16)",
                                  .tenants = "shares(weights=[1, 1])"},
                                 9);
  Stream gaps(9, "workload.arrivals");
  Stream lengths(9, "workload.lengths");
  Stream prefixes(9, "workload.prefixes");
  Stream tenants(9, "workload.tenants");
  double time = 0;
  for (const Seen& seen : run_dry(*arrivals)) {
    time += -exact::log(1 - gaps.uniform()) * 1e8;
    const double prompt = 1 + std::floor(exact::log(1 - lengths.uniform()) / exact::log(0.98));
    const double output = 1 + std::floor(exact::log(1 - lengths.uniform()) / exact::log(0.75));
    // 1/H: 6/11, 3/11, 2/11.
    const double u = prefixes.uniform();
    const std::uint32_t which = u < 6.0 / 11 ? 0 : u < 9.0 / 11 ? 1 : 2;
    EXPECT_NEAR(static_cast<double>(seen.arrival.time), time, 1000);
    EXPECT_EQ(seen.arrival.prompt_tokens, 16 + prompt);
    EXPECT_EQ(seen.arrival.output_tokens, output);
    EXPECT_EQ(seen.blocks, std::vector<std::uint32_t>{which});
    EXPECT_EQ(seen.arrival.tenant, tenants.uniform() < 0.5 ? 1 : 2);
    EXPECT_EQ(seen.arrival.max_tokens, seen.arrival.output_tokens);
    EXPECT_EQ(seen.arrival.session, -1);
  }
}

TEST(GeneratedArrivals, ChangingOnePartLeavesTheOthersDraws) {
  const Texts base{
      .lengths = "azure2023_conversation", .prefixes = "system_prompts", .tenants = "zipf"};
  const auto before = columns(base);
  const auto changed = [&](auto change) {
    Texts texts = base;
    change(texts);
    const auto after = columns(texts);
    std::vector<int> which;
    for (int i = 0; i < 4; ++i) {
      if (after[static_cast<std::size_t>(i)] != before[static_cast<std::size_t>(i)]) {
        which.push_back(i);
      }
    }
    return which;
  };
  using Which = std::vector<int>;
  EXPECT_EQ(changed([](Texts& t) { t.arrivals = "gamma(rate=10 req/s, cv=3.0)"; }), Which{0});
  EXPECT_EQ(changed([](Texts& t) { t.lengths = "azure2023_code"; }), Which{1});
  EXPECT_EQ(changed([](Texts& t) { t.prefixes = "system_prompts(skew=0.5)"; }), Which{2});
  EXPECT_EQ(changed([](Texts& t) { t.tenants = "zipf(count=3)"; }), Which{3});
  EXPECT_EQ(changed([](Texts&) {}), Which{});
  EXPECT_NE(columns(base, 2)[0], before[0]);
}

TEST(GeneratedArrivals, MaxTokensIsDeclaredAndCuts) {
  const auto arrivals = workload({.lengths = "azure2023_conversation", .max_tokens = 150});
  bool cut = false;
  bool shorter = false;
  for (const Seen& seen : run_dry(*arrivals)) {
    EXPECT_EQ(seen.arrival.max_tokens, 150U);
    EXPECT_LE(seen.arrival.output_tokens, 150U);
    cut = cut || seen.arrival.output_tokens == 150;
    shorter = shorter || seen.arrival.output_tokens < 150;
  }
  EXPECT_TRUE(cut && shorter);
}

TEST(GeneratedArrivals, EndAfterTheRequests) {
  EXPECT_EQ(run_dry(*workload({.requests = 7})).size(), 7U);
  EXPECT_EQ(workload({.requests = 7})->block_size(), 0U);  // no prefixes: no names
}

TEST(GeneratedArrivals, SharesFollowTheWeights) {
  const auto arrivals = workload({.tenants = "shares(weights=[3, 0, 1])", .requests = 40'000});
  double counts[4] = {};
  for (const Seen& seen : run_dry(*arrivals)) ++counts[seen.arrival.tenant];
  EXPECT_NEAR(counts[1], 30'000, 4 * std::sqrt(40'000 * 3 / 16.0));
  EXPECT_EQ(counts[2] + counts[0], 0);
}

// A CSV beside the scenario: its name is enough.
TEST(GeneratedArrivals, ReadQuantilesFromAFile) {
  const auto folder = std::filesystem::temp_directory_path() / "kvern_quantile_file_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "own.csv") << "percent,output,prompt\n0,5,10\n100,5,10\n";
  const auto made = [&](const std::string& lengths, Issues& issues) {
    WorkloadSpec spec;
    const Location where{(folder / "a.toml").string(), 3, 1};
    spec.arrivals = parse_policy("poisson(rate=1 req/s)", where, issues);
    spec.lengths = parse_policy(lengths, where, issues);
    spec.requests = 1;
    return make_generated_arrivals(spec, 1, 16, issues);
  };
  Issues issues;
  const auto arrivals = made("own.csv", issues);
  ASSERT_NE(arrivals, nullptr) << issues.text();
  Arrival arrival;
  arrivals->pop(arrival);
  EXPECT_EQ(arrival.prompt_tokens, 10U);
  EXPECT_EQ(arrival.output_tokens, 5U);

  EXPECT_EQ(made("absent.csv", issues), nullptr);
  EXPECT_NE(issues.text().find("absent.csv"), std::string::npos) << issues.text();
  std::ofstream(folder / "bad.csv") << "percent,output,promt\n0,5,10\n100,5,x\n";
  EXPECT_EQ(made("bad.csv", issues), nullptr);
  EXPECT_NE(issues.text().find("bad.csv:1: error: no column \"prompt\"; did you mean \"promt\"?"),
            std::string::npos)
      << issues.text();
  std::filesystem::remove_all(folder);
}

TEST(GeneratedArrivals, MistakesAreIssues) {
  const auto issue = [](const Texts& texts) {
    Issues issues;
    EXPECT_EQ(try_workload(texts, issues), nullptr);
    return issues.text();
  };
  const auto has = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(issue({.arrivals = ""}), "a.toml:2:1: error: a generated workload needs `arrivals`");
  has(issue({.lengths = ""}), "needs `lengths`");
  has(issue({.requests = std::nullopt}), "needs `requests`");
  has(issue({.lengths = "azure2023_convesation"}), "did you mean \"azure2023_conversation\"?");
  has(issue({.lengths = "quantiles(percent=[0, 50], prompt=[9, 3], output=[1, 2])"}), "fall");
  has(issue({.lengths = "marginals(prompt=constant(value=1))"}), "output");
  has(issue({.prefixes = "sesions"}), "did you mean \"sessions\"?");
  has(issue({.prefixes = "sessions(turns=geometric(mean=0.5))"}), "mean");
  has(issue({.prefixes = "agentic"}), "bring their own lengths");
  has(issue({.tenants = "shares(weights=[0, 0])"}), "weights");
  has(issue({.tenants = "zipf(cout=3)"}), "did you mean \"count\"?");
}

TEST(GeneratedArrivals, DocumentTheirKeys) {
  Issues issues;
  KeyBook book;
  ASSERT_NE(try_workload({.prefixes = "sessions"}, issues, 1, 16, &book), nullptr);
  const auto documented = [&](const std::string& table, const std::string& key) {
    for (const KeyEntry& entry : book) {
      if (entry.table == table && entry.key == key) return !entry.doc.empty();
    }
    return false;
  };
  EXPECT_TRUE(documented("workload.arrivals", "rate"));
  EXPECT_TRUE(documented("workload.prefixes", "context_max"));
  EXPECT_TRUE(documented("workload.prefixes.turns", "mean"));
}

// Every key that was read, with the value in use, makes the same workload again: what
// scenario.resolved.toml relies on.
TEST(GeneratedArrivals, TheResolvedKeysMakeTheSameWorkload) {
  const auto again = [](const Texts& texts) {
    Issues issues;
    KeyBook book;
    const auto first = try_workload(texts, issues, 1, 16, &book);
    std::string text;
    for (const char* part : {"arrivals", "lengths", "prefixes", "tenants"}) {
      text += std::string("[") + part + "]\n";
      for (const KeyEntry& entry : book) {
        if (entry.table != std::string("workload.") + part || entry.value.empty()) continue;
        text += entry.key + " = " + entry.value + "\n";
      }
    }
    const auto resolved = read_toml_text(text, "resolved.toml", issues);
    if (!resolved || !first) return issues.text() + text;
    WorkloadSpec spec;
    spec.arrivals = *resolved->find("arrivals");
    spec.lengths = *resolved->find("lengths");
    spec.prefixes = *resolved->find("prefixes");
    spec.tenants = *resolved->find("tenants");
    spec.requests = texts.requests;
    const auto second = make_generated_arrivals(spec, 1, 16, issues);
    if (second == nullptr) return issues.text() + text;
    const auto a = run_dry(*first);
    const auto b = run_dry(*second);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].arrival.time, b[i].arrival.time) << text;
      EXPECT_EQ(a[i].arrival.prompt_tokens, b[i].arrival.prompt_tokens) << text;
      EXPECT_EQ(a[i].arrival.output_tokens, b[i].arrival.output_tokens) << text;
      EXPECT_EQ(a[i].blocks, b[i].blocks) << text;
    }
    return std::string();
  };
  for (const char* process :
       {"constant(rate=3 req/s)", "poisson(rate=3.7 req/s)", "gamma(rate=3 req/s, cv=2.5)",
        "weibull(rate=3 req/s, cv=2)", "piecewise(rates=[1 req/s, 2.5 req/s], interval=7 s)",
        "piecewise(minutes=azure2023_conversation, process=gamma, cv=3)",
        "diurnal(rate=9 req/s, start=5 h)", "renewal(table=azure2023_code)",
        "renewal(gap=uniform(min=1 ms, max=2 s))", "on_off(sources=3, rate=5.5 req/s)"}) {
    EXPECT_EQ(again({.arrivals = process, .prefixes = "system_prompts", .tenants = "zipf"}), "");
  }
  for (const char* lengths : {"azure2023_conversation", "exponential(prompt=9.5, output=8)",
                              "uniform(prompt_min=1, prompt_max=9, output_min=2, output_max=3)",
                              "quantiles(percent=[0, 100], prompt=[3, 9.5], output=[1, 20])",
                              "marginals(prompt=quantiles(percent=[0, 99.5], value=[3, 40]), "
                              "output=geometric(mean=3))"}) {
    EXPECT_EQ(again({.lengths = lengths,
                     .prefixes = "sessions(count=4, think=exponential(mean=3 s))",
                     .tenants = "shares(weights=[1, 2])"}),
              "");
  }
}

// Request k waits for draw k of its own stream, whatever else is drawn; without a patience, for
// ever.
TEST(GeneratedArrivals, ClientsLeaveAfterTheirPatience) {
  for (const Seen& seen : run_dry(*workload({}))) EXPECT_EQ(seen.arrival.leaves, kNever);
  Texts impatient;
  impatient.patience_ns = Distribution::exponential(2.5e9);
  impatient.hangs_up = false;
  Stream stream(1, "workload.patience");
  for (const Seen& seen : run_dry(*workload(impatient))) {
    const double patience = impatient.patience_ns->at(stream.uniform());
    EXPECT_EQ(seen.arrival.leaves - seen.arrival.time, exact::nearest_whole(patience));
    EXPECT_FALSE(seen.arrival.hangs_up);
  }
}

}  // namespace kvern
