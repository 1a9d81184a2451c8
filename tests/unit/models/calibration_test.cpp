// Fits find what made the measurements; files that break the contract are told so.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "models/calibration/calibrate.h"
#include "models/calibration/least_squares.h"
#include "models/calibration/measurements.h"
#include "models/measured/cell_grid.h"
#include "sim/base/exact_math.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;
using calibration::relative_fit;
using measured::InterpolationGrid;
using measured::Observation;

class Folder {
 public:
  Folder()
      : path_(fs::path(testing::TempDir()) /
              ("kvern_calibration_" + std::to_string(getpid()) + "_" + std::to_string(++count))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  static inline int count = 0;
  fs::path path_;
};

TEST(RelativeFit, FindsTheCoefficients) {
  // y = 3 + 2 x, without noise.
  const std::vector<double> rows{1, 1, 1, 10, 1, 100, 1, 1000};
  const std::vector<double> y{5, 23, 203, 2003};
  const std::vector<double> x = relative_fit(rows, 2, y);
  EXPECT_NEAR(x[0], 3, 1e-6);
  EXPECT_NEAR(x[1], 2, 1e-6);
}

TEST(RelativeFit, NeverGoesBelowZero) {
  // Falls with x: the slope stays 0, and the constant is the best one by relative error,
  // sum(1/y) / sum(1/y^2) = (1/4 + 1/2) / (1/16 + 1/4) = 2.4.
  const std::vector<double> x =
      relative_fit(std::vector<double>{1, 1, 1, 2}, 2, std::vector<double>{4, 2});
  EXPECT_NEAR(x[0], 2.4, 1e-9);
  EXPECT_EQ(x[1], 0);
}

TEST(FitError, CountsSharesOfTheMeasured) {
  const auto e =
      calibration::fit_error(std::vector<double>{90, 110, 100}, std::vector<double>{100, 100, 100});
  EXPECT_EQ(e.rows, 3U);
  EXPECT_NEAR(e.median, 0.1, 1e-12);
  EXPECT_NEAR(e.mean, 0.2 / 3, 1e-12);
  EXPECT_NEAR(e.bias, 0, 1e-12);
}

TEST(InterpolationGrid, FitsWhatIsLinearAlongTheLogarithm) {
  // f = ln(1 + x) - 2 ln(1 + y) lies in the space of the hats, wherever the knots are.
  InterpolationGrid grid({{"x", {1, 7, 100}}, {"y", {0, 3, 50}}});
  std::vector<Observation> seen;
  for (const double x : {1., 2., 7., 20., 100.}) {
    for (const double y : {0., 1., 3., 9., 50.}) {
      seen.push_back({{x, y}, exact::log1p(x) - 2 * exact::log1p(y), 1});
    }
  }
  grid.fit(seen, 1e-9);
  EXPECT_NEAR(grid.at({30, 20}), exact::log1p(30) - 2 * exact::log1p(20), 1e-5);
  EXPECT_NEAR(grid.at({1000, 0}), exact::log1p(100), 1e-5);  // stays beyond its end
  EXPECT_TRUE(grid.covers({100, 50}));
  EXPECT_FALSE(grid.covers({101, 50}));
}

TEST(InterpolationGrid, KnotsKeepTheEndsAndSpread) {
  EXPECT_EQ(measured::spread_knots({4, 1, 2, 2}, 8), (std::vector<double>{1, 2, 4}));
  const auto knots = measured::spread_knots({1, 2, 4, 8, 16, 32, 64, 128, 1024}, 4);
  ASSERT_EQ(knots.size(), 4U);
  EXPECT_EQ(knots.front(), 1);
  EXPECT_EQ(knots.back(), 1024);
}

TEST(CellGrid, IsLinearBetweenItsPoints) {
  const measured::CellGrid grid({{0, 10}, {0, 2, 4}}, [](const measured::CellGrid::Point& p) {
    return 3 * p[0] + p[1] * p[1];
  });
  EXPECT_DOUBLE_EQ(grid.at({5, 2}), 19);
  EXPECT_DOUBLE_EQ(grid.at({0, 3}), 10);   // halfway between 4 and 16
  EXPECT_DOUBLE_EQ(grid.at({50, 4}), 46);  // beyond the end
}

TEST(Measurements, AMissingColumnIsTold) {
  const Folder folder;
  folder.write("gemm.csv", "dtype,m,n,time_us\nbf16,1,2,3\n");
  Issues issues;
  calibration::read_source(folder.path(), 1, issues);
  EXPECT_NE(issues.text().find("gemm.csv:1: error: column k is missing"), std::string::npos)
      << issues.text();
}

TEST(Measurements, ACellThatIsNoNumberIsTold) {
  const Folder folder;
  folder.write("gemm.csv", "dtype,m,n,k,time_us\nbf16,1,2,3,fast\n");
  Issues issues;
  calibration::read_source(folder.path(), 1, issues);
  EXPECT_NE(issues.text().find("gemm.csv:2: error: \"fast\" in column time_us"), std::string::npos)
      << issues.text();
}

TEST(Measurements, AnEmptyFolderIsTold) {
  const Folder folder;
  Issues issues;
  calibration::read_source(folder.path(), 1, issues);
  EXPECT_TRUE(issues.any_error());
}

TEST(Measurements, UnequalLengthsMayBeSummedCalls) {
  const Folder folder;
  folder.write("attention_mixed.csv",
               "impl,dtype,heads,kv_heads,head_dim,prefill_tokens,prefill_context,decode_batch,"
               "decode_kv_sum,decode_kv_max,time_us\n"
               "x,bf16,32,8,128,0,0,2,200,100,30\n"    // equal
               "x,bf16,32,8,128,0,0,2,200,150,90\n");  // 150 and 50
  Issues issues;
  const auto source = calibration::read_source(folder.path(), 3, issues);
  ASSERT_EQ(source.mixed.size(), 2U) << issues.text();
  EXPECT_EQ(source.mixed[0].us, 30);
  EXPECT_EQ(source.mixed[1].us, 30);
}

// A board whose products stream their weights at 0.9 of 3350 GB/s after 4 us, and whose decode
// attention takes 5 us and 1 us a 3 MB; idle at 100 W, 100 pJ a byte and 1 pJ a FLOP.
void write_board(const Folder& folder) {
  std::string gemm =
      "dtype,label,m,n,k,weight_copies,time_us,loop_time_us,power_w,sm_mhz,clock_event_bits\n";
  for (const int n : {4096, 6144, 28672}) {
    for (const int m : {1, 4, 16, 64}) {
      const double bytes = 2.0 * (n * 4096.0 + m * (n + 4096.0));
      const double us = 4 + bytes / (0.9 * 3350e9) * 1e6;
      const double flops = 2.0 * std::max(16, m) * n * 4096.0;  // padded to the smallest tile
      const double watts = 100 + (100e-12 * bytes + 1e-12 * flops) / (us * 1e-6);
      gemm += "bf16,x," + std::to_string(m) + "," + std::to_string(n) + ",4096,8," +
              std::to_string(us) + "," + std::to_string(us) + "," + std::to_string(watts) +
              ",1980,0\n";
    }
  }
  folder.write("gemm.csv", gemm);
  std::string decode =
      "impl,dtype,heads,kv_heads,head_dim,batch,kv_sum,kv_max,kv_lens,bytes,time_us\n";
  for (const int batch : {1, 4, 16, 64}) {
    for (const int context : {128, 1024, 8192}) {
      const double bytes = batch * context * 4096.0;
      decode += "k,bf16,32,8,128," + std::to_string(batch) + "," + std::to_string(batch * context) +
                "," + std::to_string(context) + ",,," + std::to_string(5 + bytes / 3e6) + "\n";
    }
  }
  folder.write("attention_decode.csv", decode);
  folder.write("attention_prefill.csv",
               "impl,dtype,heads,kv_heads,head_dim,batch,q_len,kv_len,causal_pairs,time_us\n"
               "k,bf16,32,8,128,1,1024,1024,524800,50\nk,bf16,32,8,128,1,2048,2048,2098176,160\n");
  folder.write("idle.csv", "state,power_w\ncontext,100\nno_context,70\n");
}

double coefficient(const measured::CostTable& table, const std::string& key) {
  for (const auto& c : table.coefficients) {
    if (c.key == key) return c.value;
  }
  ADD_FAILURE() << "no " << key;
  return 0;
}

TEST(Calibrate, FindsTheBoardThatMadeTheRows) {
  const Folder folder;
  write_board(folder);
  Issues issues;
  const HardwareSpec hardware = shipped_hardware("h100_sxm");
  const auto table = calibration::calibrate({{folder.path()}, 1}, hardware, {}, issues);
  ASSERT_TRUE(table) << issues.text();
  ASSERT_EQ(table->gemm.size(), 1U);
  const double us = 4 + 2.0 * (10240 * 4096.0 + 4 * (10240 + 4096.0)) / (0.9 * 3350e9) * 1e6;
  EXPECT_NEAR(table->gemm[0].us(hardware, 4, 10240, 4096), us, 0.02 * us);  // never measured
  measured::AttentionLoad load;
  load.heads = 32;
  load.kv_heads = 8;
  load.decodes = 32;
  load.kv_tokens = 32 * 2000.0;
  load.longest = 2000;
  ASSERT_EQ(table->attention.size(), 1U);
  const double attention = 5 + 32 * 2000 * 4096.0 / 3e6;
  EXPECT_NEAR(table->attention[0].models[0].us(load), attention, 0.02 * attention);
  EXPECT_NEAR(coefficient(*table, "power.context"), 100, 1e-9);
  EXPECT_NEAR(coefficient(*table, "power.bare"), 70, 1e-9);
  EXPECT_NEAR(coefficient(*table, "power.memory"), 100, 2);
  EXPECT_NEAR(coefficient(*table, "power.gemm"), 1, 0.1);
  EXPECT_EQ(table->inputs.size(), 4U);
  for (const auto& input : table->inputs) EXPECT_EQ(input.sha256.size(), 64U) << input.path;
}

TEST(CostTableFile, ComesBackAsItWas) {
  const Folder folder;
  write_board(folder);
  Issues issues;
  const HardwareSpec hardware = shipped_hardware("h100_sxm");
  const auto table = calibration::calibrate({{folder.path()}, 1}, hardware, {}, issues);
  ASSERT_TRUE(table) << issues.text();
  const std::string file = folder.path() + "/x.cost.h5";
  measured::save(*table, file);
  const measured::CostTable back = measured::load_cost_table(file);
  EXPECT_EQ(back.device, "h100_sxm");
  ASSERT_EQ(back.gemm.size(), 1U);
  for (const double m : {1., 3., 100.}) {
    EXPECT_EQ(back.gemm[0].us(hardware, m, 5000, 4096), table->gemm[0].us(hardware, m, 5000, 4096));
  }
  EXPECT_EQ(back.attention[0].models[0].coefficients, table->attention[0].models[0].coefficients);
  EXPECT_EQ(back.coefficients.size(), table->coefficients.size());
  EXPECT_EQ(back.inputs[0].sha256, table->inputs[0].sha256);
}

}  // namespace
}  // namespace kvern
