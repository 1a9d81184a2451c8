// Rules apart from costs: a real engine's runs on an H100 (our own measurement), replayed with the
// measured time of every iteration. Each decision must be the engine's: what ran, how many
// sequences, blocks in use, who waits. `vllm_v0(can_append=exact, watermark=0.01)` is its rule.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sim/base/csv.h"
#include "sim/base/decimal.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

const char* const kFolder = KVERN_ROOT "/../shared/validation/h100_own/";

// A CSV file as rows of whole numbers; seconds become nanoseconds, texts their first letter.
struct Rows {
  std::vector<std::vector<std::int64_t>> rows;

  Rows(const std::string& file, const std::vector<std::string>& columns) {
    ByteSource source(kFolder + file);
    CsvReader csv(source);
    while (csv.next()) {
      std::vector<std::int64_t>& row = rows.emplace_back();
      for (const std::string& column : columns) {
        const std::string_view text = csv.field(csv.column(column).value());
        const bool seconds = column.ends_with("_s");
        row.push_back(column == "kind" ? text.front()
                                       : scaled_decimal(text, seconds ? 9 : 0).value());
      }
    }
  }
};

// Gives step k the time that passed until the engine began iteration k + 1. When it slept in
// between, our step begins with the arrival that woke it, a moment before the engine did.
class MeasuredTimes final : public StepCost {
 public:
  MeasuredTimes(const Rows& iterations, const Rows& requests) {
    SimTime begin = 0;
    for (std::size_t k = 0; k < iterations.rows.size(); ++k) {
      const SimTime end = iterations.rows[k][1];
      const bool last = k + 1 == iterations.rows.size();
      SimTime next = last ? end : iterations.rows[k + 1][0];
      if (next - end > kMillisecond) {  // asleep
        next = end;
        for (const auto& request : requests.rows) {
          if (request[0] > end) {
            next = request[0];
            break;
          }
        }
        ticks_.push_back((end - begin) << kTickBits);
      } else {
        ticks_.push_back((next - begin) << kTickBits);
      }
      begin = next;
    }
  }
  void work(const Batch&, Work& work) override {
    work.has_work = false;
    work.add().fixed_ticks = {next_ < ticks_.size() ? ticks_[next_] : kTicksPerNs, 0};
    ++next_;
  }

 private:
  std::vector<std::int64_t> ticks_;
  std::size_t next_ = 0;
};

void expect_the_engines_decisions(const std::string& run_name, std::uint32_t blocks,
                                  std::size_t iterations_expected) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "needs ../shared/validation/h100_own";
  const Rows requests("requests_" + run_name + ".csv", {"arrival_s", "prompt", "output"});
  const Rows iterations("iterations_" + run_name + ".csv.gz",
                        {"start_s", "end_s", "kind", "prefill_tokens", "running", "waiting",
                         "blocks_used", "preempted", "decode_kv_tokens"});
  ASSERT_EQ(iterations.rows.size(), iterations_expected);
  Lab lab;
  lab.batching = "vllm_v0(can_append=exact, watermark=0.01, max_num_batched_tokens=8192)";
  lab.blocks = blocks;
  lab.step_rows = true;
  for (const auto& row : requests.rows) {
    lab.requests.push_back(
        {row[0], static_cast<std::uint32_t>(row[1]), static_cast<std::uint32_t>(row[2]), {}});
  }
  Outcome outcome;
  ClusterSetup setup = setup_of(lab, outcome);
  setup.pools[0].step_cost = std::make_unique<MeasuredTimes>(iterations, requests);
  Cluster(std::move(setup)).run();
  ASSERT_GE(outcome.steps.size(), iterations.rows.size());
  for (std::size_t k = 0; k < iterations.rows.size(); ++k) {
    const auto& real = iterations.rows[k];
    const StepRow& ours = outcome.steps[k];
    const auto line = [](char kind, auto... numbers) {
      return fmt::format("{} prefill {} batch {} waiting {} blocks {} preempted {} kv {}", kind,
                         numbers...);
    };
    ASSERT_EQ(
        line(static_cast<char>(real[2]), real[3], real[4], real[5], real[6], real[7], real[8]),
        line(ours.kind == StepKind::Decode ? 'd' : 'p', ours.prefill_tokens, ours.sequences,
             ours.waiting, ours.blocks_used, ours.preempted, ours.kv_tokens_read))
        << run_name << " iteration " << k;
  }
}

TEST(ForcedSchedule, AmplePool) { expect_the_engines_decisions("s_conv", 17'000, 1'017); }
TEST(ForcedSchedule, AThirdOfThePool) { expect_the_engines_decisions("s_p3", 877, 1'751); }
TEST(ForcedSchedule, AnotherModel) { expect_the_engines_decisions("s_q", 17'000, 1'442); }

}  // namespace
}  // namespace kvern::lab
