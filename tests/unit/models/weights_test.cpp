#include "models/transformer/weights.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/outside_error.h"
#include "tests/lab/language_models.h"

namespace kvern {
namespace {

struct WeightsFile : testing::Test {
  std::string path = testing::TempDir() + "weights_" +
                     testing::UnitTest::GetInstance()->current_test_info()->name() + ".h5";
  Weights weights = lab::random_weights(lab::tiny_shape(), 48, false, 5);
  ~WeightsFile() override { std::filesystem::remove(path); }

  std::string failure() const {
    try {
      read_weights(path);
    } catch (const OutsideError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(WeightsFile, ReadsWhatWasWritten) {
  lab::write_weights(weights, path);
  EXPECT_LT(std::filesystem::file_size(path), 1'000'000U);
  const Weights read = read_weights(path);
  EXPECT_EQ(read.shape.name, "tiny");
  EXPECT_EQ(read.shape.kv_heads, 2U);
  EXPECT_EQ(read.shape.rope_theta, 10000);
  EXPECT_EQ(read.intermediate, 48U);
  EXPECT_EQ(read.embedding, weights.embedding);
  EXPECT_EQ(read.head, weights.head);
  ASSERT_EQ(read.layers.size(), 2U);
  EXPECT_EQ(read.layers[1].gate_up, weights.layers[1].gate_up);
  EXPECT_EQ(read.layers[1].down, weights.layers[1].down);
}

TEST_F(WeightsFile, SaysWhatIsMissingOrOfAnotherShape) {
  weights.layers.pop_back();
  lab::write_weights(weights, path);
  EXPECT_THAT(failure(), testing::HasSubstr("there is no /layers/1/attention_norm"));
  weights.layers.push_back(weights.layers[0]);
  weights.layers[1].key.resize(8 * 32);
  lab::write_weights(weights, path);
  EXPECT_THAT(failure(), testing::HasSubstr("/layers/1/key is [8, 32], not [16, 32]"));
}

TEST_F(WeightsFile, IsNoOtherFile) {
  ArrayWriter file(path);
  file.set_attribute("/", "format", std::string("kvern.trace"));
  file.close();
  EXPECT_THAT(failure(), testing::HasSubstr("not a file of weights"));
}

}  // namespace
}  // namespace kvern
