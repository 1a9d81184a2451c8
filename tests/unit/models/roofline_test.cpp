// The roofline's parts by hand: matrix products by shape, attention, graphs, shards.
#include <cmath>

#include "models/roofline/gemm.h"
#include "models/roofline/linear_layers.h"
#include "sim/base/time.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

using roofline::gemm_cost;

// 100 multiprocessors, 100 TFLOP/s at 100 %, 1 TB/s at 100 %; no fixed times.
HardwareSpec round_gpu() {
  HardwareSpec h;
  h.bf16_flops = 100e12;
  h.sm_count = 100;
  h.memory_bytes_per_second = 1e12;
  h.gemm_efficiency.value = 1;
  h.memory_efficiency.value = 1;
  h.attention_efficiency.value = .5;
  h.decode_attention_efficiency.value = .5;
  return h;
}

TEST(Gemm, OneTokenWaitsForTheWeights) {
  const auto cost = gemm_cost(round_gpu(), {1, 4096, 4096});
  // (4096 * 4096 + 1 * (4096 + 4096)) * 2 B = 33,570,816 B at 1 TB/s
  EXPECT_DOUBLE_EQ(cost.memory_seconds, 33'570'816e-12);
  EXPECT_EQ(cost.seconds(), cost.memory_seconds);
  // Its row is padded to a tile of 16.
  EXPECT_DOUBLE_EQ(cost.flops, 2.0 * 16 * 4096 * 4096);
}

TEST(Gemm, WavesOfTiles) {
  // 2560 x 2560: 20 x 20 tiles of 128 x 128 on 100 multiprocessors are 4 full waves; each tile
  // takes 2 * 128 * 128 * 8192 FLOP at 1 TFLOP/s a multiprocessor = 268.4 us.
  const auto full = gemm_cost(round_gpu(), {2560, 2560, 8192});
  EXPECT_NEAR(full.compute_seconds, 4 * 268.435456e-6, 1e-12);
  EXPECT_NEAR(full.flops, 2.0 * 2560 * 2560 * 8192, 1);
  // One row more: 21 x 20 = 420 tiles of 128 are 5 waves. Tiles of 64 rows (41 x 20 = 820, 9 waves
  // of half the time = 4.5) are faster, of 16 rows (161 x 20 = 3220, 33 waves of an eighth = 4.125)
  // faster still.
  const auto more = gemm_cost(round_gpu(), {2561, 2560, 8192});
  EXPECT_NEAR(more.compute_seconds, 33 * 268.435456e-6 / 8, 1e-12);
}

TEST(Gemm, TooFewTilesSplitAlongK) {
  // 8 x 2 tiles of 16 rows, k = 8192 in 4 pieces: 64 pieces, one wave of 2 * 16 * 128 * 2048 FLOP
  // at 1 TFLOP/s. (Tiles of 64 rows: 64 pieces of 512, as fast; of 128 rows: 32, twice as long.)
  const auto cost = gemm_cost(round_gpu(), {128, 256, 8192});
  EXPECT_NEAR(cost.compute_seconds, 8.388608e-6, 1e-12);
}

TEST(Experts, ReachedByRandomRouting) {
  EXPECT_DOUBLE_EQ(roofline::experts_reached(8, 2, 1), 2);
  // 8 * (1 - .75^2) = 3.5
  EXPECT_DOUBLE_EQ(roofline::experts_reached(8, 2, 2), 3.5);
  EXPECT_NEAR(roofline::experts_reached(128, 8, 1000), 128, 1e-9);
}

LlmSpec small_model() {
  LlmSpec m;
  m.name = "small";
  m.layers = 10;
  m.hidden = 1024;
  m.heads = 8;
  m.kv_heads = 2;
  m.head_dim = 128;
  m.intermediate = 4096;
  m.vocabulary = 32000;
  return m;
}

Work work_of(StepCost& cost, const Batch& batch) {
  Work work;
  cost.work(batch, work);
  return work;
}

const KernelWork* attention_of(const Work& work, int nth = 0) {
  for (int k = 0; k < work.count; ++k) {
    if (work.kernels[k].arithmetic == Arithmetic::Attention && nth-- == 0) return &work.kernels[k];
  }
  return nullptr;
}

TEST(Roofline, DecodeAttentionReadsTheCache) {
  const HardwareSpec h = round_gpu();
  const LlmSpec m = small_model();
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  const auto cost = step_cost_of("roofline");
  ASSERT_EQ(cost->prepare(d), "");
  const Work work = work_of(*cost, {3, 1000, 500, {}});
  const KernelWork* kernel = attention_of(work);
  ASSERT_TRUE(kernel);
  // 2 * 10 layers * 2 heads * 128 * 2 B = 10,240 B a token, at half of 1 TB/s: 20.48 ns
  EXPECT_EQ(kernel->bytes, (Line{10'240'000, 30'720}));
  EXPECT_EQ(kernel->memory_ticks.first, 1000 * std::llround(20.48 * kTicksPerNs));
  // 4 * 10 layers * 8 heads * 128
  EXPECT_EQ(kernel->flops, (Line{40'960'000, 122'880}));
  EXPECT_EQ(kernel->bytes_part, EnergyPart::KvRead);
}

TEST(Roofline, PrefillAttentionCountsPairs) {
  const HardwareSpec h = round_gpu();
  LlmSpec m = small_model();
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  const std::vector<PrefillChunk> chunk = {{10, 90, true}};
  const auto cost = step_cost_of("roofline");
  ASSERT_EQ(cost->prepare(d), "");
  // 10 * 90 + 10 * 11 / 2 = 955 pairs; 100 tokens of keys and values read
  EXPECT_EQ(attention_of(work_of(*cost, {0, 0, 0, chunk}))->flops.first, 955 * 40'960);
  EXPECT_EQ(attention_of(work_of(*cost, {0, 0, 0, chunk}))->bytes.first, 100 * 10'240);
  // A window of 95: queries at 96 .. 100 see 95 keys instead, 1 + 2 + 3 + 4 + 5 pairs fewer.
  m.window = 95;
  ASSERT_EQ(cost->prepare(d), "");
  EXPECT_EQ(attention_of(work_of(*cost, {0, 0, 0, chunk}))->flops.first, 940 * 40'960);
  // A window of 50: every query sees 50 keys.
  m.window = 50;
  ASSERT_EQ(cost->prepare(d), "");
  EXPECT_EQ(attention_of(work_of(*cost, {0, 0, 0, chunk}))->flops.first, 500 * 40'960);
}

// 20 keys more for each of 10 queries: 955 + 200 pairs' time, the FLOPs of 955.
TEST(Roofline, AQueryOfPrefillHasAStart) {
  HardwareSpec h = round_gpu();
  const LlmSpec m = small_model();
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  const std::vector<PrefillChunk> chunk = {{10, 90, true}};
  const auto attention = [&] {
    const auto cost = step_cost_of("roofline");
    EXPECT_EQ(cost->prepare(d), "");
    return *attention_of(work_of(*cost, {0, 0, 0, chunk}));
  };
  const KernelWork plain = attention();
  h.attention_start_keys = Coefficient{20, 20, 20, ""};
  const KernelWork started = attention();
  EXPECT_EQ(started.compute_ticks.first * 955, plain.compute_ticks.first * 1155);
  EXPECT_EQ(started.flops, plain.flops);
}

// Our roofline and our own table agree on a prefill of 32,768 tokens: 30 % apart when prefill
// attention had one share of the peak for all lengths.
TEST(Roofline, ALongPrefillLastsAsTheTableSays) {
  for (const auto& [gpu, folder] : {std::pair("h100_sxm", "aiconfigurator/h100_sxm"),
                                    std::pair("h200_sxm", "aiconfigurator/h200_sxm"),
                                    std::pair("a100_80", "aiconfigurator/a100_sxm"),
                                    std::pair("l40s", "aiconfigurator/l40s")}) {
    Priced roofline(gpu, "llama-3.1-8b", "roofline");
    Priced table(gpu, "llama-3.1-8b", std::string("table(attention=") + folder + ")");
    const std::vector<PrefillChunk> prompt = {{32768, 0, true}};
    const auto ms = [&](StepCost& cost) {
      double ticks = 0;
      const Work work = work_of(cost, {0, 0, 0, prompt});
      for (int k = 0; k < work.count; ++k) {
        const KernelWork& kernel = work.kernels[k];
        ticks +=
            static_cast<double>(std::max(kernel.compute_ticks.first, kernel.memory_ticks.first) +
                                kernel.fixed_ticks.first);
      }
      return ticks / kTicksPerNs * 1e-6;
    };
    EXPECT_NEAR(ms(*roofline.cost) / ms(*table.cost), 1, 0.1) << gpu;
  }
}

TEST(Roofline, AWindowEndsARun) {
  const HardwareSpec h = round_gpu();
  LlmSpec m = small_model();
  m.window = 400;
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  const auto cost = step_cost_of("roofline");
  ASSERT_EQ(cost->prepare(d), "");
  // 3 sequences of 399, 398, 398 tokens: 1195 of at most 1200, so steps 0 and 1 read 1195, 1198.
  const Work growing = work_of(*cost, {3, 1195, 399, {}});
  EXPECT_EQ(growing.steps, 2);
  EXPECT_EQ(attention_of(growing)->bytes, (Line{1195 * 10'240, 3 * 10'240}));
  const Work full = work_of(*cost, {3, 1201, 402, {}});
  EXPECT_EQ(full.steps, kLongestRun);
  EXPECT_EQ(attention_of(full)->bytes, (Line{1200 * 10'240, 0}));
}

TEST(Roofline, GraphsPadDecodeBatches) {
  const HardwareSpec h = round_gpu();
  const LlmSpec m = small_model();
  Deployment d;
  d.hardware = &h;
  d.model = &m;
  const auto bytes_of = [&](const char* text, std::uint32_t decodes) {
    const auto cost = step_cost_of(text);
    EXPECT_EQ(cost->prepare(d), "");
    return work_of(*cost, {decodes, 10 * decodes, 10, {}}).kernels[0].bytes.first;
  };
  EXPECT_EQ(bytes_of("roofline", 3), bytes_of("roofline", 4));
  EXPECT_EQ(bytes_of("roofline", 9), bytes_of("roofline", 16));
  EXPECT_LT(bytes_of("roofline", 8), bytes_of("roofline", 9));
  EXPECT_EQ(bytes_of("roofline", 249), bytes_of("roofline", 256));
  EXPECT_EQ(bytes_of("roofline", 257), bytes_of("roofline", 272));
  EXPECT_LT(bytes_of("roofline", 600), bytes_of("roofline", 601));  // no graph
  EXPECT_LT(bytes_of("roofline(graphs=none)", 3), bytes_of("roofline(graphs=none)", 4));
}

TEST(Roofline, EagerStepsWaitForLaunches) {
  Priced h100("h100_sxm", "llama-3.1-8b", "roofline(graphs=none, eager_layer=1 ms)");
  const Work work = work_of(*h100.cost, {1, 100, 100, {}});
  std::int64_t ticks = 0;
  for (int k = 0; k < work.count; ++k) {
    const KernelWork& kernel = work.kernels[k];
    ticks +=
        std::max(kernel.compute_ticks.first, kernel.memory_ticks.first) + kernel.fixed_ticks.first;
  }
  EXPECT_EQ(ticks, 32 * kMillisecond * kTicksPerNs);
  EXPECT_EQ(work.kernels[work.count - 1].part, EnergyPart::HostGap);
}

// A mixed layer launches 12 kernels where one of prefill alone launches 9, unless it is given.
TEST(Roofline, EagerMixedStepsLaunchMore) {
  const auto layer_us = [](const char* text, std::uint32_t decodes) {
    Priced h100("h100_sxm", "llama-3.1-8b", text);
    const std::vector<PrefillChunk> chunk = {{8, 64, true}};
    const Work work = work_of(*h100.cost, {decodes, 100 * decodes, 100, chunk});
    std::int64_t ticks = 0;
    for (int k = 0; k < work.count; ++k) {
      const KernelWork& kernel = work.kernels[k];
      ticks += std::max(kernel.compute_ticks.first, kernel.memory_ticks.first) +
               kernel.fixed_ticks.first;
    }
    return static_cast<double>(ticks) / kTicksPerNs * 1e-3 / 32;
  };
  EXPECT_NEAR(layer_us("roofline(graphs=none, eager_layer=900 us)", 0), 900, 1e-6);
  EXPECT_NEAR(layer_us("roofline(graphs=none, eager_layer=900 us)", 4), 1200, 1e-6);
  EXPECT_NEAR(layer_us("roofline(graphs=none, eager_mixed_layer=1 ms)", 4), 1000, 1e-6);
  // Our H100, measured: 242 us a layer of 64 tokens.
  EXPECT_NEAR(layer_us("table(graphs=decode)", 0), 242, 1);
  EXPECT_NEAR(layer_us("table(graphs=decode)", 4), 323, 1);
}

TEST(Roofline, ShardsSplitTheModel) {
  Priced one("h100_sxm", "llama-3.1-8b", "roofline", 1);
  Priced two("h100_sxm", "llama-3.1-8b", "roofline", 2);
  const Batch batch{8, 8000, 1000, {}};
  const Work whole = work_of(*one.cost, batch);
  const Work half = work_of(*two.cost, batch);
  EXPECT_EQ(attention_of(half)->bytes.first * 2, attention_of(whole)->bytes.first);
  EXPECT_NEAR(static_cast<double>(half.kernels[1].bytes.first) /
                  static_cast<double>(whole.kernels[1].bytes.first),
              .5, .01);
  const KernelWork& collective = half.kernels[half.count - 1];
  EXPECT_EQ(collective.part, EnergyPart::Collective);
  // 65 reductions of 8 rows * 4096 * 2 B, each sending 2 * 1/2 of it; logits 1/2 * 8 * 128256 * 2 B
  EXPECT_EQ(collective.link_bytes.first, 65 * 8 * 4096 * 2 + 8 * 128256);
}

TEST(Roofline, RefusesWhatItCannotPrice) {
  const auto reason = [](const char* gpu, const char* llm, std::uint32_t gpus) {
    const HardwareSpec h = shipped_hardware(gpu);
    const LlmSpec m = shipped_llm(llm);
    Deployment d;
    d.hardware = &h;
    d.model = &m;
    d.tensor_parallel = gpus;
    return step_cost_of("roofline")->prepare(d);
  };
  EXPECT_EQ(reason("h100_sxm", "llama-3.1-8b", 8), "");
  EXPECT_NE(reason("h100_sxm", "llama-3.1-8b", 3), "");
  EXPECT_NE(reason("rtx4090", "llama-3.1-8b", 2), "");  // collectives unknown
  EXPECT_NE(step_cost_of("roofline")->prepare({}), "");
}

}  // namespace
}  // namespace kvern
