// The transformer's logits: against values that PyTorch transformers computed from SmolLM2-135M's
// weights (where `kvern models get smollm2-135m` has brought them), and against PyTorch itself on
// random weights (where it is installed).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "sim/base/io/json_lines.h"
#include "tests/lab/language_models.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

const std::string kWeights = std::string(KVERN_ROOT) + "/build/models/smollm2-135m.h5";

std::vector<float> logits_of(const std::string& weights, std::span<const std::int32_t> tokens) {
  WorkerPool pool(0);
  const auto model = load_transformer(weights, pool);
  const LanguageModelShape& shape = model->shape();
  const Rotary rotary(shape.rope_theta, shape.head_dim, static_cast<std::uint32_t>(tokens.size()));
  std::vector<float> logits(tokens.size() * shape.vocabulary);
  model->logits(dense_forward(*model, pool, rotary, tokens), logits);
  return logits;
}

struct LogitsGolden {
  struct Row {
    std::vector<std::pair<std::size_t, double>> values;  // place in the vocabulary, logit
    double largest = 0;                                  // magnitude in the whole row
  };
  std::vector<std::int32_t> tokens;
  std::vector<Row> rows;
};

template <class Take>
void each(const JsonValue& array, const Take& take) {
  for (JsonValue item = array.first(); item; item = array.next(item)) take(item);
}

double number(const JsonValue& value) { return static_cast<double>(*value.scaled(5)) / 1e5; }

LogitsGolden read_golden(const std::string& path) {
  JsonLine line;
  EXPECT_TRUE(line.parse(lab::text_of(path))) << line.error();
  LogitsGolden golden;
  each(line.root().find("tokens"), [&](const JsonValue& token) {
    golden.tokens.push_back(static_cast<std::int32_t>(*token.integer()));
  });
  each(line.root().find("rows"), [&](const JsonValue& item) {
    LogitsGolden::Row row;
    row.largest = number(item.find("largest"));
    std::vector<double> logits;
    each(item.find("logits"), [&](const JsonValue& logit) { logits.push_back(number(logit)); });
    each(item.find("places"), [&](const JsonValue& place) {
      const std::size_t at = row.values.size();
      row.values.emplace_back(static_cast<std::size_t>(*place.integer()), logits.at(at));
    });
    golden.rows.push_back(row);
  });
  return golden;
}

// tests/reference/logits_compare.py --golden wrote the values.
TEST(LogitsSlow, OfSmolLm2AreThoseOfPyTorch) {
  if (!std::filesystem::exists(kWeights)) GTEST_SKIP() << "kvern models get smollm2-135m first";
  const LogitsGolden golden =
      read_golden(std::string(KVERN_ROOT) + "/tests/golden/logits_smollm2.json");
  const std::vector<float> logits = logits_of(kWeights, golden.tokens);
  const std::size_t vocabulary = logits.size() / golden.tokens.size();
  ASSERT_EQ(golden.rows.size(), golden.tokens.size());
  double worst = 0;
  for (std::size_t t = 0; t < golden.rows.size(); ++t) {
    for (const auto& [place, value] : golden.rows[t].values) {
      worst = std::max(worst,
                       std::abs(logits[t * vocabulary + place] - value) / golden.rows[t].largest);
    }
  }
  RecordProperty("worst_relative", std::to_string(worst));
  EXPECT_LT(worst, 1e-3);
}

TEST(LogitsSlow, OfRandomWeightsAreThoseOfPyTorch) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "kvern_logits";
  std::filesystem::create_directories(folder);
  const std::string weights = folder / "weights.h5";
  const std::string raw = folder / "logits.raw";
  lab::write_weights(lab::random_weights(lab::tiny_shape(), 48, false, 5), weights);
  const std::vector<std::int32_t> tokens = lab::random_tokens(60, 96, 1);
  const std::vector<float> logits = logits_of(weights, tokens);
  std::ofstream(raw, std::ios::binary)
      .write(reinterpret_cast<const char*>(logits.data()),
             static_cast<std::streamsize>(logits.size() * sizeof(float)));
  std::string list;
  for (const std::int32_t token : tokens) list += (list.empty() ? "" : ",") + std::to_string(token);
  const std::string command = "python3 -B " KVERN_ROOT "/tests/reference/logits_compare.py " +
                              weights + " " + list + " " + raw;
  const int code = WEXITSTATUS(std::system(command.c_str()));
  std::filesystem::remove_all(folder);
  if (code == 77 || code == 127) GTEST_SKIP() << "no Python with torch, transformers, h5py, numpy";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace kvern
