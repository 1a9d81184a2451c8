// The texts of a closed loop: from files, cut into tokens, or from a recording's tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/quality/token_quality.h"
#include "sim/attention/machine/recording.h"
#include "sim/base/config/issues.h"

namespace kvern {

struct AttentionTexts {
  std::vector<ClosedText> texts;
  std::vector<TextTags> tags;  // of each
  TokenCounts counts;          // in the files as a whole
  std::string source;          // their names
};

struct TextFile {
  std::string path;
  TextTags tags;
};

struct TextCut {
  std::uint32_t length = 2048;  // tokens of a sequence at most
  std::uint32_t prompt = 0;     // of it, the prompt
  std::uint32_t sequences = 1;  // of a file, from its start
};

// Null after a user error, which has been told on stderr. Throws OutsideError. To be called before
// any library started threads.
std::optional<AttentionTexts> texts_of_files(const std::string& weights,
                                             const std::vector<TextFile>& files,
                                             const TextCut& cut);
AttentionTexts texts_of_recording(const Recording& recording);

// `tags` are "language=en" or, with a value a file, "language=en,sw". An unknown or short one is an
// issue.
std::vector<TextFile> tagged_files(const std::vector<std::string>& paths,
                                   const std::vector<std::string>& tags, Issues& issues);

}  // namespace kvern
