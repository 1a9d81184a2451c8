// Weights of small language models: build/models/<name>.h5 of the source tree, or a file of the
// user's.
#pragma once

#include <string>
#include <vector>

#include "sim/base/config/issues.h"

namespace kvern {

// The path of a name's weights, or the path itself ("my/weights.h5"); whether or not it is there.
std::string weights_path(const std::string& model);
// The same, "" with an issue where there are none.
std::string existing_weights(const std::string& model, Issues& issues);

// `kvern models get NAME`: downloads and converts what is not there yet. The exit code; throws
// OutsideError.
int models_get_command(const std::string& model);

// A text's tokens, as models/transformer/tools/tokenise.py cuts them.
struct TokenisedText {
  std::string file;
  std::vector<std::int32_t> tokens;
  std::vector<std::uint8_t> token_class;  // 0 other, 1 special, 2 punctuation
};
// Sequences of at most `length` tokens, in the order of the texts. Empty after a user error, which
// has been told on stderr. Throws OutsideError.
std::vector<TokenisedText> tokenise(const std::string& weights, std::size_t length,
                                    const std::vector<std::string>& texts);

}  // namespace kvern
