// Texts that ask for something they said before, made of other texts' tokens: what a policy must
// not have dropped.
//
//   needle     a span of another text stands at a tenth, the middle or nine tenths of the text; at
//              the end its first half comes again, and its second half is the answer
//   key_value  eight pairs of a key and a value of four tokens each, drawn from the text's own,
//              stand spread over it; at the end one key comes again, and its value is the answer
#pragma once

#include <cstdint>
#include <vector>

#include "sim/attention/machine/closed_loop.h"

namespace kvern {

struct RetrievalText {
  ClosedText text;
  std::vector<std::uint32_t> answers;  // positions
};

// One a text, those shorter than 128 tokens left out. A text that has a prompt has everything up to
// the question in it. `texts` of one: the needle is a span of its own, from beyond its middle, and
// the haystack ends before it.
std::vector<RetrievalText> needle_texts(const std::vector<ClosedText>& texts, std::uint64_t seed);
std::vector<RetrievalText> key_value_texts(const std::vector<ClosedText>& texts,
                                           std::uint64_t seed);

}  // namespace kvern
