// The roofline on an H100, under its board limit, against whole steps that we measured on one (the
// nine qwen2.5-3b rows were never fitted). Device times; the loop that metered joules ran hot.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "models/power/state_power.h"
#include "sim/base/time.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

struct Step {
  const char* name;
  std::uint32_t decodes;
  std::uint32_t context;
  std::vector<PrefillChunk> prefill;
  double milliseconds;
  double joules;   // 0: not metered
  double allowed;  // of the time, relative; 1 = printed only
};

void compare(const std::string& llm, const std::vector<Step>& steps) {
  // The measured engine captured graphs for decode steps only.
  Priced h100("h100_sxm", llm, "roofline(graphs=decode)");
  std::string refusal;
  const auto power = make_state_power(h100.deployment, *h100.cost, {}, refusal);
  ASSERT_TRUE(power) << refusal;
  for (const Step& step : steps) {
    Work work;
    h100.cost->work(
        {step.decodes, std::uint64_t{step.decodes} * step.context, step.context, step.prefill},
        work);
    Price price;
    power->price(work, price);
    const double ms = static_cast<double>(price.ticks.first) / kTicksPerNs / 1e6;
    double joules = 0;
    for (const Line& part : price.picojoules) joules += static_cast<double>(part.first) * 1e-12;
    const double error = ms / step.milliseconds - 1;
    fmt::print("{:12} {:22} {:7.2f} ms, measured {:7.2f}: {:+5.1f} %; {:6.2f} J", llm, step.name,
               ms, step.milliseconds, 100 * error, joules);
    if (step.joules > 0) {
      fmt::print(", measured {:5.2f}: {:+5.1f} %", step.joules, 100 * (joules / step.joules - 1));
    }
    fmt::print("; {:.0f} W\n", joules / ms * 1e3);
    EXPECT_LE(std::abs(error), step.allowed) << step.name;
  }
}

TEST(MeasuredSteps, Llama8bOnAnH100) {
  compare("llama-3.1-8b",
          {{"decode 1 x 512", 1, 512, {}, 6.203, 0, .05},
           {"decode 16 x 1024", 16, 1024, {}, 6.999, 0, .05},
           {"decode 64 x 1024", 64, 1024, {}, 9.431, 5.911, .05},
           {"decode 128 x 1024", 128, 1024, {}, 12.861, 0, .05},
           {"prefill 64", 0, 0, {{64, 0, true}}, 7.750, 0, .05},
           {"prefill 512", 0, 0, {{512, 0, true}}, 13.470, 0, .12},
           {"prefill 2048", 0, 0, {{2048, 0, true}}, 51.407, 36.20, .12},
           {"prefill 8192", 0, 0, {{8192, 0, true}}, 239.642, 0, .12},
           {"mixed 32 x 1024 + 512", 32, 1024, {{512, 2048, false}}, 19.537, 13.57, .15}});
}

TEST(MeasuredSteps, Qwen3bOnAnH100) {
  compare("qwen2.5-3b", {{"decode 1 x 512", 1, 512, {}, 3.29, 0, .08},
                         {"decode 16 x 1024", 16, 1024, {}, 3.52, 0, .08},
                         {"decode 64 x 1024", 64, 1024, {}, 4.35, 2.37, .08},
                         {"decode 128 x 1024", 128, 1024, {}, 5.44, 0, .08},
                         {"prefill 512", 0, 0, {{512, 0, true}}, 8.4, 0, 1},
                         {"prefill 2048", 0, 0, {{2048, 0, true}}, 24.2, 16.9, .15},
                         {"prefill 8192", 0, 0, {{8192, 0, true}}, 115.6, 0, .15},
                         {"mixed 32 x 1024 + 512", 32, 1024, {{512, 2048, false}}, 16.4, 7.5, 1}});
}

}  // namespace
}  // namespace kvern
