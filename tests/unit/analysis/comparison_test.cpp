// How measurements are read and compared: arithmetic over columns, units, statistics.
#include "analysis/summary/comparison.h"

#include <gtest/gtest.h>

#include <fstream>

#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "tests/lab/program.h"

namespace kvern {
namespace {

std::optional<double> value(const std::string& text,
                            const std::vector<std::optional<double>>& values = {}) {
  std::string why;
  const auto expression = Expression::parse(text, why);
  if (!expression) return std::nullopt;
  return expression->value(values);
}

}  // namespace

TEST(Expression, PrecedenceAndParentheses) {
  EXPECT_EQ(value("2 + 3 * 4"), 14);
  EXPECT_EQ(value("(2 + 3) * 4 - 6 / 3"), 18);
  EXPECT_EQ(value("8 - 4 - 2"), 2);
}

TEST(Expression, NamesInOrderOfFirstUse) {
  std::string why;
  const auto tpot = Expression::parse("(last_s - first_s) / (output - 1) + 0 * last_s", why);
  ASSERT_TRUE(tpot) << why;
  EXPECT_EQ(tpot->names(), (std::vector<std::string>{"last_s", "first_s", "output"}));
  const std::vector<std::optional<double>> row{5.0, 2.0, 4.0};
  EXPECT_EQ(tpot->value(row), 1);
  const std::vector<std::optional<double>> single{5.0, 2.0, 1.0};
  EXPECT_EQ(tpot->value(single), std::nullopt);  // divides by 0
  const std::vector<std::optional<double>> unfinished{std::nullopt, 2.0, 4.0};
  EXPECT_EQ(tpot->value(unfinished), std::nullopt);
}

TEST(Expression, SaysWhereItIsWrong) {
  std::string why;
  EXPECT_FALSE(Expression::parse("a +", why));
  EXPECT_NE(why.find("at its end"), std::string::npos) << why;
  EXPECT_FALSE(Expression::parse("(a", why));
  EXPECT_FALSE(Expression::parse("a b", why));
  EXPECT_NE(why.find("before \"b\""), std::string::npos) << why;
}

TEST(NamedUnit, EndsOfNames) {
  EXPECT_EQ(named_unit("first_token_s").factor, 1);
  EXPECT_EQ(named_unit("gpu_us").stem, "gpu");
  EXPECT_EQ(named_unit("gpu_us").factor, 1e-6);
  EXPECT_EQ(named_unit("energy_counter_mj").base, "J");
  EXPECT_EQ(named_unit("output_tokens_per_s").unit, "");  // a rate is not a time
  EXPECT_EQ(named_unit("kv_cache_pct").factor, 0.01);
  EXPECT_EQ(named_unit("blocks_used").unit, "");
  EXPECT_EQ(unit_of("ms")->factor, 1e-3);
  EXPECT_FALSE(unit_of("furlong"));
}

// Errors of +10 %, -20 %, 0: their sizes are 10, 20, 0 %.
TEST(Comparison, EachStatistic) {
  const std::vector<Pair> pairs{{11, 10}, {16, 20}, {30, 30}};
  EXPECT_DOUBLE_EQ(*compare(pairs, "mean", false).error, 57.0 / 60 - 1);
  EXPECT_DOUBLE_EQ(*compare(pairs, "total", false).predicted, 57);
  EXPECT_NEAR(*compare(pairs, "median", false).error, 0.1, 1e-12);
  EXPECT_NEAR(*compare(pairs, "mape", false).error, 0.1, 1e-12);
  EXPECT_NEAR(*compare(pairs, "p95", false).error, 0.1 + 0.1 * 0.9, 1e-12);
  EXPECT_DOUBLE_EQ(*compare(pairs, "value_max", false).predicted, 30);
  EXPECT_NEAR(*compare(pairs, "exact", false).error, 2.0 / 3, 1e-12);
  // Points: differences of shares.
  EXPECT_NEAR(*compare({{0.62, 0.60}}, "mean", true).error, 0.02, 1e-12);
}

TEST(Comparison, NothingMeasuredIsUnknown) {
  EXPECT_FALSE(compare({}, "mean", false).error);
  EXPECT_FALSE(compare({{1, 0}}, "mean", false).error);
  // Pairs measured as 0 have no relative error; the others do.
  EXPECT_NEAR(*compare({{1, 0}, {11, 10}}, "mape", false).error, 0.1, 1e-12);
}

TEST(DataTable, TabsAndEmptyCells) {
  const lab::Program folder{""};
  const DataTable table(folder.write("x.tsv", "t\tpower_w\n0\t 12.5\n1\t\n2\tX\n"));
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.number(0, 1), 12.5);
  EXPECT_EQ(table.number(1, 1), std::nullopt);
  EXPECT_EQ(table.number(2, 1), std::nullopt);
  EXPECT_FALSE(table.column("watts"));
}

}  // namespace kvern
