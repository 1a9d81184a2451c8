#include <gtest/gtest.h>

#include "sim/base/exact_math.h"
#include "tests/lab/recordings.h"

namespace kvern {

// Recall of every way to keep at most `size` of 7 tokens, one choice after the other.
double best_from(const std::vector<std::vector<double>>& rows, std::vector<std::uint32_t> kept,
                 std::uint32_t t, std::size_t size) {
  if (t == rows.size()) return 0;
  kept.push_back(t);
  double recall = 0;
  for (const std::uint32_t j : kept) recall += rows[t][j];
  double best = kept.size() <= size ? best_from(rows, kept, t + 1, size) : 0;
  for (std::size_t gone = 0; gone < kept.size(); ++gone) {
    std::vector<std::uint32_t> rest = kept;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(gone));
    if (rest.size() <= size) best = std::max(best, best_from(rows, rest, t + 1, size));
  }
  return recall + best;
}

TEST(ExactOptimum, IsTheBestOfAllMonotoneSets) {
  const auto table = lab::micro_table(7);
  std::vector<std::vector<double>> rows;
  for (std::uint32_t i = 0; i < 7; ++i) {
    double total = 0;
    auto& row = rows.emplace_back();
    for (std::uint32_t j = 0; j <= i; ++j) {
      row.push_back(exact::exp(((7 * i + 3 * j * j + 5 * i * j) % 11) / 2.0));
      total += row.back();
    }
    for (double& x : row) x /= total;
  }
  for (const std::size_t size : {1, 2, 3}) {
    EXPECT_NEAR(lab::replay_head(table, "exact(size=" + std::to_string(size) + ")").recall_sum,
                best_from(rows, {}, 0, size), 1e-6);
  }
}

// Greedy is no better than the optimum, and an oracle that may take tokens back is no worse.
TEST(ExactOptimum, LiesBetweenGreedAndTheOracle) {
  const auto table = lab::micro_table(12);
  const auto sum = [&](const char* policy) { return lab::replay_head(table, policy).recall_sum; };
  EXPECT_GT(sum("exact(size=3)"), sum("future_mass_greedy(size=3)") + .01);
  EXPECT_LT(sum("exact(size=3)"), sum("per_step_oracle(size=3)") - .01);
}

TEST(ExactOptimum, KeepsItsSizeAndRefusesLongTexts) {
  EXPECT_EQ(lab::replay_head(lab::micro_table(12, 5), "exact(size=3)").resident_max, 3U);
  EXPECT_THROW(lab::replay_head(lab::micro_table(24), "exact(size=3)"), std::invalid_argument);
}

}  // namespace kvern
