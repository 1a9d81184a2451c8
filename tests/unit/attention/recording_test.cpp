#include "sim/attention/machine/recording.h"

#include <gtest/gtest.h>

#include "sim/attention/machine/open_loop.h"
#include "sim/base/outside_error.h"
#include "tests/lab/program.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

class RecordingFile : public testing::Test {
 protected:
  std::string path() const { return (program_.folder() / "recording.h5").string(); }

 private:
  lab::Program program_{""};
};

TEST_F(RecordingFile, ComesBack) {
  auto text = lab::random_text({.tokens = 9, .prompt = 4, .layers = 3});
  text.sequence.number = 12;
  text.sequence.layers = {0, 5, 9};
  text.sequence.model_layers = 30;
  text.sequence.token_rarity.assign(9, 2.5F);
  lab::write_recording(path(), {text});
  const Recording recording(path());
  const RecordedSequence& read = recording.sequences().at(0);
  EXPECT_EQ(read.number, 12U);
  EXPECT_EQ(read.layers, (std::vector<std::uint32_t>{0, 5, 9}));
  EXPECT_EQ(read.prompt_tokens, 4U);
  EXPECT_EQ(read.token_rarity, text.sequence.token_rarity);
  EXPECT_EQ(recording.layer(read, 2).k, text.layers[2].k);
}

TEST_F(RecordingFile, WhatIsMissingIsNamed) {
  ArrayWriter file(path());
  file.create("/sequences/0/tokens", {3}, ArrayType::I32, "1", "");
  file.close();
  try {
    const Recording recording(path());
    FAIL();
  } catch (const OutsideError& error) {
    EXPECT_NE(std::string(error.what()).find("there is no q, k, v"), std::string::npos);
  }
}

// Threads take layers as they come; the answer doesn't show it.
TEST_F(RecordingFile, AnyNumberOfThreadsGivesTheSame) {
  std::vector<lab::RecordedText> texts;
  for (std::uint32_t n = 0; n < 3; ++n) {
    texts.push_back(lab::random_text({.seed = n + 1, .tokens = 30 + n, .prompt = 8, .layers = 4}));
    texts.back().sequence.number = n;
  }
  lab::write_recording(path(), texts);
  const Recording recording(path());
  const std::vector<TokenPolicyMaker> policies = {lab::token_policy("h2o(heavy=4, recent=4)"),
                                                  lab::token_policy("tova(size=5)")};
  const auto one = replay_recording(recording, policies, {}, 1);
  const auto four = replay_recording(recording, policies, {}, 4);
  ASSERT_EQ(one.rows.size(), 2U * 3 * 4 * 2);
  ASSERT_EQ(four.rows.size(), one.rows.size());
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    EXPECT_EQ(one.rows[i].replay.kept, four.rows[i].replay.kept);
    EXPECT_EQ(one.rows[i].replay.recall_sum, four.rows[i].replay.recall_sum);
    EXPECT_EQ(one.rows[i].layer, four.rows[i].layer);
  }
}

}  // namespace
}  // namespace kvern
