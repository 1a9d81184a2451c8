#include "traces/describe/retrieval_texts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kvern {
namespace {

// Tokens `first`, first + 1, ...: each place can be told.
ClosedText counting(std::int32_t first, std::uint32_t tokens, std::uint32_t prompt = 0) {
  ClosedText text;
  for (std::uint32_t i = 0; i < tokens; ++i) {
    text.ids.push_back(first + static_cast<std::int32_t>(i));
  }
  text.prompt_tokens = prompt;
  return text;
}

// What the question asks: the `question` tokens before the answers stand somewhere before, followed
// by the answers.
void expect_answerable(const RetrievalText& asked, std::size_t question) {
  const auto& ids = asked.text.ids;
  ASSERT_FALSE(asked.answers.empty());
  const auto begin = ids.begin() + asked.answers.front() - static_cast<std::ptrdiff_t>(question);
  const auto found = std::search(ids.begin(), begin, begin, ids.end());
  EXPECT_NE(found, begin);
  EXPECT_EQ(asked.answers.back(), ids.size() - 1);
}

TEST(RetrievalTexts, TheNeedleIsOfAnotherText) {
  const std::vector<ClosedText> texts = {counting(1000, 300, 100), counting(5000, 200, 100)};
  const auto asked = needle_texts(texts, 1);
  ASSERT_EQ(asked.size(), 2U);
  for (const RetrievalText& each : asked) expect_answerable(each, 8);
  EXPECT_EQ(asked[0].text.ids.size(), 300U);  // - 32 + 16 + 16
  EXPECT_EQ(asked[0].answers.size(), 8U);
  EXPECT_EQ(asked[0].text.prompt_tokens, 300U - 16);
  // A tenth of 268 tokens in: 26.
  EXPECT_LT(asked[0].text.ids[25], 2000);
  EXPECT_GE(asked[0].text.ids[26], 5000);
  EXPECT_EQ(needle_texts(texts, 1)[1].text.ids, asked[1].text.ids);
  EXPECT_NE(needle_texts(texts, 2)[0].text.ids, asked[0].text.ids);
}

TEST(RetrievalTexts, OneTextAsksForItsOwnEnd) {
  const auto asked = needle_texts({counting(1000, 300)}, 1);
  ASSERT_EQ(asked.size(), 1U);
  expect_answerable(asked[0], 8);
  EXPECT_EQ(asked[0].text.prompt_tokens, 0U);
}

TEST(RetrievalTexts, PairsAreSpreadAndOneIsAsked) {
  const auto asked = key_value_texts({counting(1000, 300), counting(1, 20)}, 4);
  ASSERT_EQ(asked.size(), 1U);  // the second is too short
  expect_answerable(asked[0], 4);
  EXPECT_EQ(asked[0].answers.size(), 4U);
  EXPECT_EQ(asked[0].text.ids.size(), 300U);
}

}  // namespace
}  // namespace kvern
