// The published statistics of real traces, to every digit known. Skipped where the data is absent.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "tests/lab/data.h"
#include "traces/describe/statistics.h"
#include "traces/import/import.h"
#include "traces/replay/trace_file.h"

namespace kvern {
namespace {

class TraceGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (!lab::has_data("traces")) GTEST_SKIP() << lab::needs_data("traces");
  }
};

std::optional<Trace> read(const std::string& file) {
  Issues issues;
  ImportRequest request;
  request.file = (lab::data_file("traces") / file).string();
  auto trace = read_trace(request, issues);
  EXPECT_FALSE(issues.any_error()) << issues.text();
  return trace;
}

// `value`, rounded to the decimals of `text`, is `text`.
void expect_digits(double value, const std::string& text, const std::string& what) {
  if (text == "-") {
    EXPECT_TRUE(std::isnan(value)) << what;
    return;
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  double unit = 1;
  for (std::size_t i = point; i + 1 < text.size(); ++i) unit /= 10;
  EXPECT_NEAR(value, std::stod(text), unit * 0.5000001) << what << " " << text;
}

struct TraceFacts {
  const char* file;
  std::uint64_t requests;
  SimTime span_ns;
  std::array<const char*, 5> prompt;  // mean p50 p90 p99 max
  std::uint64_t prompt_sum;
  std::array<const char*, 5> output;
  std::uint64_t output_sum;
  const char* rate;
  std::uint64_t peak;  // 0 = not given
  const char* cv;
  SimTime gap_max_ns;
  std::array<const char*, 3> dispersion;
};

void expect_lengths(const LengthStatistics& s, const std::array<const char*, 5>& golden,
                    std::uint64_t sum, const std::string& what) {
  expect_digits(s.mean, golden[0], what + " mean");
  expect_digits(s.p50, golden[1], what + " p50");
  expect_digits(s.p90, golden[2], what + " p90");
  expect_digits(s.p99, golden[3], what + " p99");
  expect_digits(s.max, golden[4], what + " max");
  EXPECT_EQ(s.sum, sum) << what;
}

// 71.641: 71.64147 in exact integer bins (some tables round it up).
const TraceFacts kGolden[] = {
    {"azure2023/AzureLLMInferenceTrace_code.csv",
     8819,
     3435'948'056'000,
     {"2047.8483", "1469", "5187.6", "7436", "7437"},
     18'059'974,
     {"27.8825", "13", "55", "251.46", "1899"},
     245'896,
     "2.5667",
     632,
     "13.1513",
     217'168'952'000,
     {"13.186", "71.641", "163.965"}},
    {"azure2023/AzureLLMInferenceTrace_conv.csv",
     19'366,
     3501'721'937'000,
     {"1154.6974", "1020", "2734.5", "4142", "14050"},
     22'361'870,
     {"211.1259", "129", "424", "601", "1000"},
     4'088'665,
     "5.5304",
     507,
     "1.0942",
     4'314'579'000,
     {"1.385", "3.857", "16.128"}},
    {"mooncake/conversation_trace.jsonl.gz",
     12'031,
     3536'999'000'000,
     {"12035.0613", "6909", "27367", "85400.4", "126195"},
     144'793'823,
     {"342.6189", "350", "597", "1118.5", "2000"},
     4'122'048,
     "3.4015",
     247,
     "3.0337",
     3'003'000'000,
     {"7.898", "2.099", "2.895"}},
    {"mooncake/synthetic_trace.jsonl.gz",
     3993,
     1022'025'000'000,
     {"15325.4766", "11587", "38611.2", "66456.16", "191378"},
     61'194'628,
     {"149.1190", "69", "389", "768.08", "893"},
     595'432,
     "3.9069",
     273,
     "1.0113",
     2'119'000'000,
     {"1.089", "1.178", "1.192"}},
    {"llmservingsim/sharegpt_llama31_8b_300_derived.jsonl.gz",
     300,
     29'136'836'000,
     {"857.4633", "731.5", "1460.1", "2765.2", "3998"},
     257'239,
     {"652.51", "632", "770", "784.12", "1021"},
     195'753,
     "10.2962",
     0,
     "0.9416",
     461'057'000,
     {"0.793", "0.113", "-"}},
    {"llmservingsim/sharegpt_qwen3_300_derived.jsonl.gz",
     300,
     29'136'836'000,
     {"862.3033", "728.5", "1451.5", "2768.17", "4570"},
     258'691,
     {"664.9533", "638", "785.1", "1001.07", "1224"},
     199'486,
     "10.2962",
     0,
     "0.9416",
     461'057'000,
     {"0.793", "0.113", "-"}},
    {"llmservingsim/sharegpt_pulse_50x6_derived.jsonl.gz",
     300,
     103'785'251'000,
     {"275.4833", "93", "805.2", "1607.08", "1807"},
     82'645,
     {"250.83", "235.5", "478.3", "761.06", "771"},
     75'249,
     "2.8906",
     162,
     "5.5115",
     15'000'000'000,
     {"7.265", "8.678", "-"}},
    {"llmservingsim/workload_me2_01_mixed.jsonl",
     608,
     60'898'463'000,
     {"9217.7664", "2909.5", "24418.3", "28447.5", "31383"},
     5'604'402,
     {"3021.3865", "873.5", "11809.4", "15038.74", "15890"},
     1'837'003,
     "9.9838",
     601,
     "0.9917",
     658'393'000,
     {"0.867", "0.231", "-"}},
};

TEST_F(TraceGolden, StatisticsOfEveryTraceInTheTable) {
  for (const TraceFacts& golden : kGolden) {
    SCOPED_TRACE(golden.file);
    const auto trace = read(golden.file);
    ASSERT_TRUE(trace);
    const TraceStatistics s = trace_statistics(*trace);
    EXPECT_EQ(s.requests, golden.requests);
    // The table gives microseconds.
    EXPECT_NEAR(static_cast<double>(s.span_ns), static_cast<double>(golden.span_ns), 501);
    EXPECT_NEAR(static_cast<double>(s.gap_max_ns), static_cast<double>(golden.gap_max_ns), 501);
    expect_lengths(s.prompt, golden.prompt, golden.prompt_sum, "prompt");
    expect_lengths(s.output, golden.output, golden.output_sum, "output");
    expect_digits(s.rate_per_s, golden.rate, "rate");
    expect_digits(s.gap_cv, golden.cv, "cv");
    if (golden.peak > 0) {
      EXPECT_EQ(s.peak_per_minute, golden.peak);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      expect_digits(s.dispersion[i], golden.dispersion[i], "dispersion");
    }
  }
}

TEST_F(TraceGolden, AzureMinutesAndCorrelations) {
  const auto code = read("azure2023/AzureLLMInferenceTrace_code.csv");
  const auto conv = read("azure2023/AzureLLMInferenceTrace_conv.csv");
  ASSERT_TRUE(code && conv);
  const TraceStatistics s = trace_statistics(*code);
  const TraceStatistics c = trace_statistics(*conv);
  expect_digits(s.pearson, "0.0012", "code");
  expect_digits(s.spearman, "-0.0215", "code");
  expect_digits(c.pearson, "-0.1124", "conv");
  expect_digits(c.spearman, "0.0728", "conv");
  auto minutes = arrival_counts(code->arrival_ns, 60 * kSecond);
  minutes.resize(5);
  EXPECT_EQ(minutes, (std::vector<std::uint64_t>{63, 0, 0, 531, 187}));
  minutes = arrival_counts(conv->arrival_ns, 60 * kSecond);
  EXPECT_EQ(minutes.back(), 37U);
  minutes.resize(5);
  EXPECT_EQ(minutes, (std::vector<std::uint64_t>{191, 265, 329, 353, 307}));
  EXPECT_EQ(code->header.epoch_utc, "2023-11-16T18:17:03.979960000Z");
}

TEST_F(TraceGolden, BlocksOfMooncakeAndThePulse) {
  const auto conversation = read("mooncake/conversation_trace.jsonl.gz");
  const auto synthetic = read("mooncake/synthetic_trace.jsonl.gz");
  const auto pulse = read("llmservingsim/sharegpt_pulse_50x6_derived.jsonl.gz");
  ASSERT_TRUE(conversation && synthetic && pulse);
  EXPECT_EQ(conversation->blocks.total(), 288'500U);
  EXPECT_EQ(conversation->header.distinct_blocks, 182'790U);
  EXPECT_EQ(trace_statistics(*conversation).block_repeats, 105'710U);  // 288,500 - 182,790
  EXPECT_EQ(trace_statistics(*conversation).gaps_zero, 10'851U);
  EXPECT_EQ(synthetic->blocks.total(), 121'877U);
  EXPECT_EQ(trace_statistics(*synthetic).gaps_zero, 11U);
  const TraceStatistics s = trace_statistics(*pulse);  // what a real engine's cache found
  EXPECT_EQ(s.block_references, 5022U);
  EXPECT_EQ(s.block_repeats, 1329U);
  EXPECT_EQ(s.tokens_repeated, 21'264U);
  EXPECT_EQ(s.prompt.sum, 82'645U);
}

TEST_F(TraceGolden, WekaSessions) {
  auto trace = read("weka-kvct/sessions_derived.jsonl.gz");
  ASSERT_TRUE(trace);
  const TraceStatistics all = trace_statistics(*trace);
  EXPECT_EQ(all.requests, 49'334U);
  EXPECT_EQ(all.sessions, 710U);
  EXPECT_EQ(all.block_references, 94'310'647U);
  EXPECT_TRUE(trace->header.closed);
  const TraceStatistics main = trace_statistics(*trace, "main");
  EXPECT_EQ(main.requests, 48'658U);
  expect_lengths(main.prompt, {"123450.1481", "104644", "235882", "499847.58", "894371"},
                 6'006'837'305, "main prompt");
  expect_lengths(main.output, {"439.1123", "216", "899", "3663", "18195"}, 21'366'327, "main out");
  const TraceStatistics sub = trace_statistics(*trace, "sub-agent");
  EXPECT_EQ(sub.requests, 676U);
  expect_lengths(sub.prompt, {"45278.2515", "45136.5", "77723.5", "103668.75", "136282"},
                 30'608'098, "sub prompt");
  expect_lengths(sub.output, {"508.2737", "235", "524.5", "4761.25", "9829"}, 343'593, "sub out");
  EXPECT_EQ(all.without_output, 27U);

  // The file carries all of it, and 377 MB of ids are a few megabytes.
  const std::string path = testing::TempDir() + "kvern_weka_" + std::to_string(getpid()) + ".h5";
  write_trace(path, *trace);
  EXPECT_LT(std::filesystem::file_size(path), 12'000'000U);
  TraceFile file(path);
  Trace window;
  file.load(48'000, 1000, window);
  std::vector<std::uint32_t> here;
  std::vector<std::uint32_t> there;
  for (std::size_t i = 0; i < window.rows(); ++i) {
    window.blocks.read(i, here);
    trace->blocks.read(48'000 + i, there);
    ASSERT_EQ(here, there);
    ASSERT_EQ(window.prompt_tokens[i], trace->prompt_tokens[48'000 + i]);
  }
  std::filesystem::remove(path);
}

TEST_F(TraceGolden, SmallerFilesAreRead) {
  const auto v1 = read("burstgpt/v1_fixture.csv");
  const auto v3 = read("burstgpt/v3_fixture.csv");
  const auto agentic = read("llmservingsim/agentic_fixture.jsonl");
  const auto tokens = read("llmservingsim/example_trace.jsonl");
  const auto pool = read("llmservingsim/prefix_pool_stress_derived.jsonl.gz");
  const auto run = read("../validation/llmservingsim/rtx4090_llama8b/workload.jsonl.gz");
  ASSERT_TRUE(v1 && v3 && agentic && tokens && pool && run);
  EXPECT_EQ(v1->rows(), 7U);  // of 8: one is 0 tokens in, 0 out
  EXPECT_EQ(v3->rows(), 5U);
  EXPECT_EQ(v3->session, (std::vector<std::int32_t>{-1, 0, -1, 0, 1}));
  EXPECT_EQ(agentic->rows(), 6U);
  EXPECT_EQ(tokens->rows(), 10U);
  EXPECT_EQ(tokens->header.block_size, 16U);
  EXPECT_EQ(pool->rows(), 20U);
  EXPECT_EQ(run->rows(), 300U);
}

}  // namespace
}  // namespace kvern
