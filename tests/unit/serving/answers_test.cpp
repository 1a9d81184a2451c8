// What a request generated is found again: as far as it was computed, and no further.
#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

// Blocks of 4, a step lasts 1 ms.
Lab four_blocks() {
  Lab lab;
  lab.block_size = 4;
  lab.prefix_cache = true;
  lab.cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)";
  return lab;
}

LabRequest a_turn(SimTime arrival, std::uint32_t prompt, std::uint32_t output,
                  std::vector<std::uint32_t> blocks, std::vector<std::uint32_t> answer = {}) {
  LabRequest request;
  request.arrival = arrival;
  request.prompt = prompt;
  request.output = output;
  request.blocks = std::move(blocks);
  request.answer = std::move(answer);
  return request;
}

// Fused and step by step.
std::uint32_t found_by_second(Lab lab) {
  const auto cached = [&lab] {
    const auto outcome = run(lab);
    for (const RequestRow& row : outcome->requests) {
      if (row.id == 1) return row.cached_tokens;
    }
    return UINT32_MAX;
  };
  const std::uint32_t fused = cached();
  lab.stepwise = true;
  EXPECT_EQ(cached(), fused);
  return fused;
}

}  // namespace

// 6 + 11 - 1 tokens are computed: four blocks, the second of which began in the prompt.
TEST(Answers, FullBlocksAreFoundWithoutTheLastToken) {
  Lab lab = four_blocks();
  lab.requests = {a_turn(0, 6, 11, {1}, {2, 3, 4}), a_turn(kSecond, 40, 1, {1, 2, 3, 4, 5})};
  EXPECT_EQ(found_by_second(lab), 16U);
  lab.requests[0].output = 10;
  EXPECT_EQ(found_by_second(lab), 12U);
}

// The client hangs up at 4.5 ms: 6 tokens of prompt and four of the answer are computed after step
// 5, and the second turn comes later.
TEST(Answers, OfACancelledRequestGoAsFarAsItWent) {
  Lab lab = four_blocks();
  lab.requests = {a_turn(0, 6, 100, {1}, {2, 3, 4, 5, 6}), a_turn(kSecond, 40, 1, {1, 2, 3, 4, 5})};
  lab.requests[0].leaves = 4'500'000;
  EXPECT_EQ(found_by_second(lab), 8U);
}

// While the answer is under way, a request with the same beginning finds what is full by then:
// after 7 steps 6 + 6 tokens.
TEST(Answers, AreFoundWhileTheyAreUnderWay) {
  Lab lab = four_blocks();
  lab.requests = {a_turn(0, 6, 100, {1}, {2, 3, 4, 5, 6}),
                  a_turn(6'500'000, 40, 1, {1, 2, 3, 4, 5})};
  EXPECT_EQ(found_by_second(lab), 12U);
}

// A head that waits for blocks is admitted as soon as an answer's block makes it fit: jumps stop.
TEST(Answers, AWaitingRequestSeesEachNewName) {
  Lab lab = four_blocks();
  lab.blocks = 9;
  lab.requests = {a_turn(0, 4, 30, {1}, {2, 3, 4, 5, 6, 7, 8}),
                  a_turn(1'500'000, 13, 1, {1, 2, 3})};
  lab.stepwise = true;
  const std::string stepwise = text(*run(lab), false);
  lab.stepwise = false;
  EXPECT_EQ(text(*run(lab), false), stepwise);
}

// Names for some blocks of the prompt only: there is nothing for the answer's to follow.
TEST(Answers, NeedANamedPrompt) {
  Lab lab = four_blocks();
  lab.requests = {a_turn(0, 9, 12, {1}, {2, 3, 4}), a_turn(kSecond, 40, 1, {1, 2, 3, 4, 5})};
  EXPECT_EQ(found_by_second(lab), 4U);
}

}  // namespace kvern::lab
