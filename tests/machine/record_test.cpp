// `kvern models get` and `kvern trace record` as their users meet them. Only what needs no network;
// a whole recording where the weights and the Python environment are there already.
#include <gmock/gmock.h>

#include <filesystem>
#include <vector>

#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "sim/base/io/hdf5/array_file.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using testing::HasSubstr;

TEST(Record, AllUserErrorsAtOnce) {
  const lab::Program program(KVERN_BINARY);
  const lab::Output output =
      program.call({"trace", "record", "--model", "no-such", "--text", "missing.txt", "--tag",
                    "lang=en", "--store", "f8", "--length", "4", "--prompt", "5"});
  EXPECT_EQ(output.code, 2);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, HasSubstr("models/no-such.h5; kvern models get no-such"));
  EXPECT_THAT(output.err, HasSubstr("missing.txt: error: there is no such text"));
  EXPECT_THAT(output.err, HasSubstr("--tag lang=en: error: not a tag; language=..., domain=..."));
  EXPECT_THAT(output.err, HasSubstr("--store f8: error: not a way to store q, k, v; f16, f32"));
  EXPECT_THAT(output.err, HasSubstr("a sequence holds its prompt"));
  EXPECT_EQ(program.call({"trace", "record"}).code, 2);
  EXPECT_EQ(program.call({"models"}).code, 2);
  EXPECT_EQ(program.call({"models", "get"}).code, 2);
  EXPECT_EQ(program.call({"models", "get", "a/file.h5"}).code, 2);
}

TEST(RecordSlow, HoldsWhatTheModelComputed) {
  const std::string build = std::string(KVERN_ROOT) + "/build/";
  const std::string weights = build + "models/smollm2-135m.h5";
  if (!std::filesystem::exists(weights) ||
      !std::filesystem::exists(build + "venv/have-tokenizers")) {
    GTEST_SKIP() << "kvern models get smollm2-135m, and one trace record, first";
  }
  const lab::Program program(KVERN_BINARY);
  const std::string text = program.write("a.txt", "The quick brown fox, 12 <|im_start|>");
  const std::string out = program.folder() / "recording.h5";
  const lab::Output output =
      program.call({"trace", "record", "--model", "smollm2-135m", "--text", text, "--tag",
                    "language=en", "domain=prose", "--out", out, "--store", "f32", "--layers",
                    "29,3", "--length", "6", "--prompt", "2"});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.out, "");
  const ArrayReader file(out);
  const std::string first = "/sequences/0";
  EXPECT_EQ(file.text_attribute(first, "language"), "en");
  EXPECT_EQ(file.text_attribute(first, "domain"), "prose");
  EXPECT_EQ(file.text_attribute(first, "model"), "smollm2-135m");
  EXPECT_EQ(file.integers_attribute(first, "layers"), (std::vector<std::int64_t>{3, 29}));
  EXPECT_EQ(file.number_attribute(first, "model_layers"), 30);
  EXPECT_EQ(file.number_attribute(first, "prompt_tokens"), 2);
  EXPECT_EQ(file.number_attribute(first, "rope_theta"), 100000);
  // The, quick, brown, fox, ",", " " | 1, 2, " ", <|im_start|>
  const auto tokens = file.read_all<std::int32_t>(first + "/tokens");
  EXPECT_EQ(tokens, (std::vector<std::int32_t>{504, 2365, 6354, 16438, 28, 216}));
  EXPECT_EQ(file.read_all<std::uint8_t>(first + "/token_class"),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 2, 2}));
  EXPECT_EQ(file.read_all<std::int32_t>("/sequences/1/tokens"),
            (std::vector<std::int32_t>{33, 34, 216, 1}));
  EXPECT_EQ(file.read_all<std::uint8_t>("/sequences/1/token_class").back(), 1);
  // The blank comes twice among ten tokens: ln 5; the others once: ln 10.
  EXPECT_NEAR(file.read_all<float>(first + "/token_rarity")[5], 1.609438F, 1e-6);
  EXPECT_NEAR(file.read_all<float>(first + "/token_rarity")[0], 2.302585F, 1e-6);

  EXPECT_EQ(file.shape(first + "/q"), (Extents{2, 6, 9, 64}));
  EXPECT_EQ(file.shape(first + "/v"), (Extents{2, 6, 3, 64}));
  WorkerPool pool(0);
  const auto model = load_transformer(weights, pool);
  dense_forward(*model, pool, Rotary(100000, 64, 6), tokens, [&](const LayerRows& rows) {
    if (rows.layer != 29) return;
    std::vector<float> keys(rows.keys.size());
    file.read<float>(first + "/k", {1, 0, 0, 0}, {1, 6, 3, 64}, keys);
    EXPECT_EQ(keys, std::vector<float>(rows.keys.begin(), rows.keys.end()));
  });
}

}  // namespace
}  // namespace kvern
