#include "traces/describe/retrieval_texts.h"

#include <algorithm>

#include "sim/base/random.h"

namespace kvern {
namespace {

constexpr std::uint32_t kShortest = 128;
constexpr std::ptrdiff_t kNeedle = 16;
constexpr std::ptrdiff_t kPairs = 8;
constexpr std::ptrdiff_t kPart = 4;  // tokens of a key, and of a value

using Tokens = std::vector<std::int32_t>;

std::uint32_t below(Stream& draws, std::size_t count) {
  return static_cast<std::uint32_t>(draws.uniform() * static_cast<double>(count));
}

void insert(Tokens& into, std::size_t at, const Tokens& what) {
  into.insert(into.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
}

// The question and the answer go to the end.
RetrievalText asked(const ClosedText& text, Tokens story, const Tokens& question,
                    const Tokens& answer) {
  RetrievalText made;
  made.text.number = text.number;
  if (text.prompt_tokens > 0) made.text.prompt_tokens = static_cast<std::uint32_t>(story.size());
  story.insert(story.end(), question.begin(), question.end());
  for (const std::int32_t token : answer) {
    made.answers.push_back(static_cast<std::uint32_t>(story.size()));
    story.push_back(token);
  }
  made.text.ids = std::move(story);
  return made;
}

}  // namespace

std::vector<RetrievalText> needle_texts(const std::vector<ClosedText>& texts, std::uint64_t seed) {
  constexpr std::uint32_t kDepths[] = {10, 50, 90};  // percent
  Stream draws(seed, "attention.needle");
  std::vector<RetrievalText> made;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Tokens& ids = texts[i].ids;
    if (ids.size() < kShortest) continue;
    const std::size_t other = (i + 1) % texts.size();
    const Tokens& source = texts[other].ids;
    const std::size_t first = other == i ? source.size() / 2 : 0;
    if (source.size() < first + std::size_t{kNeedle}) continue;
    const std::size_t at = first + below(draws, source.size() - first - std::size_t{kNeedle} + 1);
    const auto from = source.begin() + static_cast<std::ptrdiff_t>(at);
    const Tokens needle(from, from + kNeedle);
    Tokens story(ids.begin(), other == i ? ids.begin() + static_cast<std::ptrdiff_t>(first)
                                         : ids.end() - 2 * kNeedle);
    insert(story, story.size() * kDepths[made.size() % 3] / 100, needle);
    const auto half = needle.begin() + kNeedle / 2;
    made.push_back(asked(texts[i], std::move(story), {needle.begin(), half}, {half, needle.end()}));
  }
  return made;
}

std::vector<RetrievalText> key_value_texts(const std::vector<ClosedText>& texts,
                                           std::uint64_t seed) {
  Stream draws(seed, "attention.key_value");
  std::vector<RetrievalText> made;
  for (const ClosedText& text : texts) {
    if (text.tokens() < kShortest) continue;
    Tokens story(text.ids.begin(), text.ids.end() - (kPairs + 1) * 2 * kPart);
    const std::size_t length = story.size();
    std::vector<Tokens> pairs;
    for (std::ptrdiff_t pair = 0; pair < kPairs; ++pair) {
      Tokens& tokens = pairs.emplace_back();
      for (std::ptrdiff_t i = 0; i < 2 * kPart; ++i) {
        tokens.push_back(text.ids[below(draws, text.ids.size())]);
      }
    }
    for (std::size_t pair = kPairs; pair-- > 0;) {
      insert(story, length * (2 * pair + 1) / (2 * std::size_t{kPairs}), pairs[pair]);
    }
    const Tokens& wanted = pairs[below(draws, kPairs)];
    const auto half = wanted.begin() + kPart;
    made.push_back(asked(text, std::move(story), {wanted.begin(), half}, {half, wanted.end()}));
  }
  return made;
}

}  // namespace kvern
