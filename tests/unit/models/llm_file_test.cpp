// Language models: the shapes in models/llm against the parameter counts and KV bytes that their
// publishers give.
#include "models/llm_file.h"
#include "tests/roots.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

std::optional<LlmSpec> read_llm_text(const std::string& text, Issues& issues) {
  const auto file = read_toml_text(text, "x.toml", issues);
  return file ? read_llm(*file, "x", issues) : std::nullopt;
}

struct Expected {
  const char* name;
  double parameters;  // billions, to the digits given
  double digits;      // half a unit of the last one
  std::uint64_t kv_bytes;
};

TEST(LlmFile, CountsMatchThePublishedModels) {
  const std::vector<Expected> table = {
      {"llama-2-7b", 6.738, .0005, 524288},       {"llama-2-13b", 13.016, .0005, 819200},
      {"llama-2-70b", 68.977, .0005, 327680},     {"codellama-34b", 33.744, .0005, 196608},
      {"llama-3.1-8b", 8.030, .0005, 131072},     {"llama-3.1-70b", 70.554, .0005, 327680},
      {"llama-3.1-405b", 405.853, .0005, 516096}, {"mistral-7b-v0.1", 7.242, .0005, 131072},
      {"mixtral-8x7b", 46.703, .0005, 131072},    {"qwen2.5-0.5b", .494, .0005, 12288},
      {"qwen2.5-1.5b", 1.544, .0005, 28672},      {"qwen2.5-3b", 3.086, .0005, 36864},
      {"qwen2.5-7b", 7.616, .0005, 57344},        {"qwen2.5-14b", 14.770, .0005, 196608},
      {"qwen2.5-32b", 32.764, .0005, 262144},     {"qwen2.5-72b", 72.706, .0005, 327680},
      {"qwen3-0.6b", .596, .0005, 114688},        {"qwen3-1.7b", 1.721, .0005, 114688},
      {"qwen3-4b", 4.022, .0005, 147456},         {"qwen3-8b", 8.191, .0005, 147456},
      {"qwen3-14b", 14.768, .0005, 163840},       {"qwen3-32b", 32.762, .0005, 262144},
      {"qwen3-30b-a3b", 30.532, .0005, 98304},    {"opt-6.7b", 6.66, .005, 4 * 32 * 4096},
      {"opt-13b", 12.85, .005, 4 * 40 * 5120},    {"opt-30b", 29.97, .005, 4 * 48 * 7168},
      {"opt-66b", 65.72, .005, 4 * 64 * 9216},    {"smollm2-135m", .135, .0005, 23040},
      {"smollm2-360m", .362, .0005, 40960},       {"smollm2-1.7b", 1.711, .0005, 196608},
  };
  for (const Expected& row : table) {
    Issues issues;
    const auto file =
        read_toml(std::string(KVERN_ROOT "/models/llm/") + row.name + ".toml", issues);
    ASSERT_TRUE(file) << issues.text();
    const auto model = read_llm(*file, row.name, issues);
    ASSERT_TRUE(model) << issues.text();
    EXPECT_NEAR(static_cast<double>(model->parameters()) / 1e9, row.parameters, row.digits)
        << row.name;
    EXPECT_EQ(model->kv_bytes_per_token(1, 2), row.kv_bytes) << row.name;
  }
}

TEST(LlmFile, CountsActiveExperts) {
  for (const auto& [name, billions] : {std::pair{"mixtral-8x7b", 12.88}, {"qwen3-30b-a3b", 3.34}}) {
    Issues issues;
    const auto file = read_toml(std::string(KVERN_ROOT "/models/llm/") + name + ".toml", issues);
    EXPECT_NEAR(static_cast<double>(read_llm(*file, name, issues)->active_parameters()) / 1e9,
                billions, .015);
  }
}

TEST(LlmFile, KvHeadsAreReplicatedBeyondTheirNumber) {
  LlmSpec model;
  model.layers = 10;
  model.kv_heads = 4;
  model.head_dim = 64;
  // 2 * 10 layers * heads * 64 * 2 B
  EXPECT_EQ(model.kv_bytes_per_token(2, 2), 2U * 10 * 2 * 64 * 2);
  EXPECT_EQ(model.kv_bytes_per_token(8, 2), 2U * 10 * 1 * 64 * 2);
}

TEST(LlmFile, ReportsWhatIsWrong) {
  Issues issues;
  EXPECT_FALSE(read_llm_text("title = \"x\"\nsource = \"x\"\nlayer = 3\n", issues));
  EXPECT_NE(issues.text().find("did you mean \"layers\""), std::string::npos) << issues.text();

  Issues contradiction;
  EXPECT_FALSE(read_llm_text(R"(title = "x"
source = "x"
layers = 2
hidden = 8
heads = 3
kv_heads = 2
head_dim = 4
intermediate = 8
vocabulary = 10)",
                             contradiction));
  EXPECT_NE(contradiction.text().find("multiple of kv_heads"), std::string::npos)
      << contradiction.text();
}

}  // namespace
}  // namespace kvern
