// The shipped table of the H100 against measured steps that it was never fitted to: decode steps of
// three serving runs by batch and KV tokens, and the steps of a model of another shape. And no file
// that a shipped table was fitted to is one of the validation files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "models/measured/cost_table.h"
#include "models/power/state_power.h"
#include "sim/base/io/csv.h"
#include "sim/base/time.h"
#include "tests/lab/data.h"
#include "tests/roots.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRuns = "validation/h100_own";

// The engine of these runs: CUDA graphs of five sizes for decode steps, eager prefill.
std::unique_ptr<StepCost> cost_of_our_engine() {
  Issues issues;
  const auto file = read_toml_text(
      "c = { policy = \"table\", graphs = \"decode\", graph_sizes = [1, 16, 32, 64, 128] }",
      "test.toml", issues);
  auto cost = make_policy(step_cost::table(), "step_cost", *file->find("c"), "c", issues);
  EXPECT_EQ(issues.text(), "");
  return cost;
}

struct Errors {
  std::vector<double> sizes;

  double quantile(double share) const {
    std::vector<double> sorted = sizes;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  }
};

// |predicted / measured - 1| of the device time of decode rows.
Errors decode_errors(const std::string& llm, const std::string& file, const char* prefix,
                     const char* time) {
  const HardwareSpec hardware = shipped_hardware("h100_sxm");
  const LlmSpec model = shipped_llm(llm);
  Deployment deployment;
  deployment.hardware = &hardware;
  deployment.model = &model;
  const auto cost = cost_of_our_engine();
  EXPECT_EQ(cost->prepare(deployment), "");
  std::string refusal;
  const auto power = make_state_power(deployment, *cost, {}, refusal);
  ByteSource source((lab::data_file(kRuns) / file).string());
  CsvReader csv(source);
  const auto number = [&csv](const std::string& column) {
    return std::strtod(std::string(csv.field(*csv.column(column))).c_str(), nullptr);
  };
  const std::string p = prefix;
  const std::string sequences = p == "decode_kv_sum" ? "decode_batch" : "decode_requests";
  Errors errors;
  while (csv.next()) {
    const auto decodes = static_cast<std::uint32_t>(number(sequences));
    if (decodes == 0 || number("prefill_tokens") > 0) continue;
    Work work;
    const Batch batch{decodes,
                      static_cast<std::uint64_t>(number(p)),
                      static_cast<std::uint32_t>(number("decode_kv_max")),
                      {}};
    work.growing = batch.growing();
    work.kv_tokens = batch.kv_tokens;
    cost->work(batch, work);
    Price price;
    power->price(work, price);
    const double us = static_cast<double>(price.ticks.first) / kTicksPerNs * 1e-3;
    errors.sizes.push_back(std::abs(us / number(time) - 1));
  }
  std::printf("%-28s %5zu decode steps: median %.2f %%, p95 %.2f %%\n", file.c_str(),
              errors.sizes.size(), 100 * errors.quantile(0.5), 100 * errors.quantile(0.95));
  return errors;
}

TEST(MeasuredSteps, DecodeStepsOfServingRuns) {
  if (!lab::has_data(kRuns)) GTEST_SKIP() << lab::needs_data(kRuns);
  for (const char* run : {"iterations_s_p3.csv.gz", "iterations_s_conv.csv.gz"}) {
    const Errors errors = decode_errors("llama-3.1-8b", run, "decode_kv_tokens", "gpu_us");
    EXPECT_LE(errors.quantile(0.5), 0.025) << run;
    EXPECT_LE(errors.quantile(0.95), 0.05) << run;
  }
}

TEST(MeasuredSteps, AModelOfAnotherShape) {
  if (!lab::has_data(kRuns)) GTEST_SKIP() << lab::needs_data(kRuns);
  const Errors run =
      decode_errors("qwen2.5-3b", "iterations_s_q.csv.gz", "decode_kv_tokens", "gpu_us");
  EXPECT_LE(run.quantile(0.5), 0.05);
  const Errors steps = decode_errors("qwen2.5-3b", "step_qwen3b.csv", "decode_kv_sum", "time_us");
  EXPECT_LE(steps.quantile(1), 0.05);
}

TEST(CostTables, WereFittedToNoValidationFile) {
  const fs::path list = lab::data_file("validation/SHA256SUMS");
  if (!fs::exists(list)) GTEST_SKIP() << lab::needs_data("validation");
  std::set<std::string> held_out;
  std::ifstream file(list);
  for (std::string line; std::getline(file, line);) held_out.insert(line.substr(0, 64));
  ASSERT_GT(held_out.size(), 50U);
  int tables = 0;
  for (const auto& entry : fs::directory_iterator(KVERN_ROOT "/models/hardware")) {
    if (entry.path().extension() != ".h5") continue;
    const auto table = measured::load_cost_table(entry.path().string());
    EXPECT_FALSE(table.inputs.empty()) << entry.path();
    for (const auto& input : table.inputs) {
      EXPECT_FALSE(held_out.contains(input.sha256)) << entry.path() << " " << input.path;
    }
    ++tables;
  }
  EXPECT_GE(tables, 3);
}

}  // namespace
}  // namespace kvern
