// Lengths: points of the tables by hand, then the acceptance: Kolmogorov distance, mean, rank
// correlation.
#include "traces/lengths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/base/exact_math.h"
#include "tests/unit/traces/workload.h"
#include "traces/generate/quantile_tables.h"

namespace kvern {
namespace {

std::unique_ptr<Lengths> lengths(const std::string& text) {
  Issues issues;
  auto made = make_policy(lengths::table(), "lengths", parse_policy(text, {}, issues),
                          "workload.lengths", issues);
  EXPECT_NE(made, nullptr) << issues.text();
  return made;
}

struct Sample {
  std::vector<double> prompt;
  std::vector<double> output;
};
Sample draw(const std::string& text, int n) {
  const auto made = lengths(text);
  Stream stream(1, "workload.lengths");
  Sample sample;
  for (int i = 0; i < n; ++i) {
    const auto tokens = made->draw(stream);
    sample.prompt.push_back(tokens.prompt);
    sample.output.push_back(tokens.output);
  }
  return sample;
}

// Share of draws at most `tokens`, by bisection of the inverse.
double share_to(const Distribution& distribution, double tokens) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 50; ++i) {
    const double u = 0.5 * (low + high);
    (distribution.at(u) < tokens + 0.5 ? low : high) = u;
  }
  return low;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The rounded table's own moments, from its cumulative shares; the sample is close to both.
void expect_drawn_from(const Distribution& distribution, std::vector<double> values, int longest,
                       double published_mean) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double worst = 0;
  double first = 0;
  double second = 0;
  for (int tokens = 0; tokens <= longest; ++tokens) {
    const double share = tokens == 0 ? 0 : share_to(distribution, tokens);
    const auto below = std::upper_bound(values.begin(), values.end(), tokens) - values.begin();
    worst = std::max(worst, std::abs(static_cast<double>(below) / n - share));
    first += 1 - share;
    second += (2 * tokens + 1) * (1 - share);
  }
  EXPECT_LT(worst, 1.95 / std::sqrt(n));
  EXPECT_NEAR(first, published_mean, 5e-4 * published_mean);
  EXPECT_NEAR(mean(values), first, 4 * std::sqrt((second - first * first) / n));
}

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t j = i; j < end; ++j) {
      result[order[j]] = 0.5 * static_cast<double>(i + end - 1);
    }
    i = end;
  }
  return result;
}

double spearman(const Sample& sample) {
  const std::vector<double> a = ranks(sample.prompt);
  const std::vector<double> b = ranks(sample.output);
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

// 50 % is 1,020 and 55 % is 1,045: at 52.5 % their geometric mean, 1032.42; 0 % is 2.
TEST(Lengths, InterpolatesLogLinearly) {
  const Distribution prompt = azure2023_conversation().prompt_tokens;
  EXPECT_DOUBLE_EQ(prompt.at(0.5), 1020);
  EXPECT_NEAR(prompt.at(0.525), std::sqrt(1020.0 * 1045.0), 1e-9);
  EXPECT_EQ(prompt.whole_at(0.525), 1032U);
  EXPECT_EQ(prompt.whole_at(1e-12), 2U);
  EXPECT_EQ(prompt.whole_at(1 - 1e-12), 14050U);
  // Code outputs, 5 % is 6 and 10 % is 7: half way 6.48, at 8 % 6 (7/6)^.6 = 6.58.
  EXPECT_EQ(azure2023_code().output_tokens.whole_at(0.075), 6U);
  EXPECT_EQ(azure2023_code().output_tokens.whole_at(0.08), 7U);
}

TEST(Lengths, DrawsTheTables) {
  const Sample conversation = draw("azure2023_conversation", 40'000);
  const TraceTable table = azure2023_conversation();
  expect_drawn_from(table.prompt_tokens, conversation.prompt, 14050, 1139.6);
  expect_drawn_from(table.output_tokens, conversation.output, 1000, 209.8);
  const Sample code = draw("azure2023_code", 40'000);
  expect_drawn_from(azure2023_code().prompt_tokens, code.prompt, 7437, 2052.3);
  expect_drawn_from(azure2023_code().output_tokens, code.output, 1899, 28.96);
}

TEST(Lengths, CorrelatesRanks) {
  EXPECT_NEAR(spearman(draw("azure2023_conversation", 40'000)), .0728, .03);
  EXPECT_NEAR(spearman(draw("azure2023_code", 40'000)), -.0215, .03);
  for (const double s : {-.9, -.4, 0.0, .7, .95}) {
    const std::string text = "azure2023_conversation(correlation=" + std::to_string(s) + ")";
    EXPECT_NEAR(spearman(draw(text, 40'000)), s, .03);
  }
}

// The fast quantile and cdf are those of exact_math.
TEST(Lengths, CopulaIsTheNormalOne) {
  const RankCorrelation correlation(0.5);
  Stream stream(3, "copula");
  for (int i = 0; i < 50'000; ++i) {
    const double tail = stream.uniform() * exact::exp(-36 * stream.uniform());
    const double u = std::max(tail, 0x1p-54);
    EXPECT_NEAR(correlation.normal_quantile(u), exact::normal_quantile(u), 1e-14);
    const double x = 17 * stream.uniform() - 8.5;
    EXPECT_NEAR(correlation.normal_cdf(x), exact::normal_cdf(x), 1e-14);
  }
  // r = 2 sin(pi/12); the second uniform of a pair by the definition.
  Stream a(4, "pair");
  Stream b(4, "pair");
  const double r = 2 * exact::sin(3.141592653589793 / 12);
  for (int i = 0; i < 100; ++i) {
    const auto pair = correlation.draw(a);
    const double first = b.uniform();
    const double z = r * exact::normal_quantile(first) +
                     std::sqrt(1 - r * r) * exact::normal_quantile(b.uniform());
    EXPECT_EQ(pair.first, first);
    EXPECT_NEAR(pair.second, exact::normal_cdf(z), 1e-14);
  }
}

TEST(Lengths, TheoryDistributionsHaveTheirMeans) {
  constexpr int n = 100'000;
  const auto expect = [&](const std::string& text, double prompt, double sd) {
    EXPECT_NEAR(mean(draw(text, n).prompt), prompt, 4 * sd / std::sqrt(n)) << text;
  };
  expect("constant(prompt=7, output=3)", 7, 0);
  expect("geometric(prompt=40.0, output=3.0)", 40, std::sqrt(40.0 * 39));
  expect("uniform(prompt_min=3, prompt_max=10, output_min=1, output_max=1)", 6.5,
         std::sqrt(63 / 12.0));
  expect("exponential(prompt=500.0, output=9.0)", 500, 500);
  expect("marginals(prompt=geometric(mean=40.0), output=constant(value=1))", 40,
         std::sqrt(40.0 * 39));
  const Sample uniform = draw("uniform(prompt_min=1, prompt_max=4, output_min=5, output_max=5)", n);
  for (const double tokens : {1, 2, 3, 4}) {
    const auto count = std::count(uniform.prompt.begin(), uniform.prompt.end(), tokens);
    EXPECT_NEAR(static_cast<double>(count), n / 4.0, 4 * std::sqrt(n * 3 / 16.0)) << tokens;
  }
}

}  // namespace kvern
