// Boards and models by the names that people write.
#include "scenarios/program/read/data_names.h"

#include <gmock/gmock.h>

namespace kvern {
namespace {

using testing::HasSubstr;

TEST(DataNames, HuggingFaceNamesOfAKnownShapeAreUnderstood) {
  const std::pair<const char*, const char*> names[] = {
      {"meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"},
      {"meta-llama/Meta-Llama-3.1-70B-Instruct", "llama-3.1-70b"},
      {"meta-llama/Llama-3.3-70B-Instruct", "llama-3.1-70b"},
      {"meta-llama/Llama-2-7b-chat-hf", "llama-2-7b"},
      {"Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b"},
      {"Qwen/Qwen3-30B-A3B", "qwen3-30b-a3b"},
      {"Qwen/Qwen3-4B-Instruct-2507", "qwen3-4b"},
      {"mistralai/Mistral-7B-v0.1", "mistral-7b-v0.1"},
      {"mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"},
      {"facebook/opt-13b", "opt-13b"},
      {"codellama/CodeLlama-34b-Instruct-hf", "codellama-34b"},
      {"HuggingFaceTB/SmolLM2-135M-Instruct", "smollm2-135m"},
      {"Llama-3.1-8B", "llama-3.1-8b"}};
  for (const auto& [written, file] : names) EXPECT_EQ(find_data("llm", written).name, file);
}

// Fewer bits a weight are a key of their own: taken in silence they would be 16.
TEST(DataNames, QuantisedModelsAreASuggestion) {
  const DataName fp8 = find_data("llm", "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8");
  EXPECT_EQ(fp8.name, "");
  EXPECT_EQ(fp8.hint, "its shape is model = \"llama-3.1-8b\" with weights = \"fp8\"");
  EXPECT_THAT(find_data("llm", "Qwen/Qwen2.5-7B-Instruct-AWQ").hint,
              HasSubstr("weights = \"int4\""));
}

TEST(DataNames, BoardsByPartOfTheirName) {
  EXPECT_EQ(find_data("hardware", "RTX 4090").name, "rtx4090");
  EXPECT_EQ(find_data("hardware", "H100-SXM").name, "h100_sxm");
  EXPECT_EQ(find_data("hardware", "H100").hint, "did you mean \"h100_sxm\"?");
  EXPECT_EQ(find_data("hardware", "h100").what, "there is no hardware \"h100\"");
  EXPECT_EQ(find_data("hardware", "A100").hint, "did you mean \"a100_40\" or \"a100_80\"?");
  EXPECT_EQ(find_data("hardware", "4090").hint, "did you mean \"rtx4090\"?");
  EXPECT_THAT(find_data("hardware", "abacus").hint, HasSubstr("kvern describe hardware"));
}

TEST(DataNames, PathsStayPaths) {
  EXPECT_EQ(find_data("hardware", "my/gpu.toml").name, "my/gpu.toml");
  EXPECT_EQ(find_data("llm", "../shapes/own.toml").name, "../shapes/own.toml");
}

}  // namespace
}  // namespace kvern
