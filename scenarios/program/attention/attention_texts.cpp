#include "scenarios/program/attention/attention_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/program/read/model_files.h"
#include "sim/base/exact_math.h"

namespace kvern {
namespace {

// -ln of each token's share of the texts.
std::vector<float> rarities(const std::vector<std::int32_t>& ids, const TokenCounts& counts) {
  std::uint64_t total = 0;
  for (const auto& [token, count] : counts) total += count;
  std::vector<float> rarity;
  rarity.reserve(ids.size());
  for (const std::int32_t token : ids) {
    const auto count = static_cast<double>(counts.at(token));
    rarity.push_back(static_cast<float>(exact::log(static_cast<double>(total) / count)));
  }
  return rarity;
}

std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    values.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return values;
}

}  // namespace

std::optional<AttentionTexts> texts_of_files(const std::string& weights,
                                             const std::vector<TextFile>& files,
                                             const TextCut& cut) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const TextFile& file : files) paths.push_back(file.path);
  std::vector<TokenisedText> pieces = tokenise(weights, cut.length, paths);
  if (pieces.empty()) return std::nullopt;
  AttentionTexts made;
  for (const TokenisedText& piece : pieces) {
    for (const std::int32_t token : piece.tokens) ++made.counts[token];
  }
  std::size_t file = 0;
  std::uint32_t of_file = 0;
  for (TokenisedText& piece : pieces) {
    // Pieces come in the order of the files, several a file.
    while (piece.file != files[file].path) {
      ++file;
      of_file = 0;
    }
    if (of_file++ >= cut.sequences || piece.tokens.size() < 2) continue;
    ClosedText text;
    text.number = static_cast<std::uint32_t>(made.texts.size());
    text.ids = std::move(piece.tokens);
    text.token_class = std::move(piece.token_class);
    text.token_rarity = rarities(text.ids, made.counts);
    text.prompt_tokens = std::min(cut.prompt, text.tokens() - 1);
    made.texts.push_back(std::move(text));
    made.tags.push_back(files[file].tags);
    if (of_file == 1) {
      const std::string name = std::filesystem::path(files[file].path).filename().string();
      made.source += (made.source.empty() ? "" : ", ") + name;
    }
  }
  return made;
}

AttentionTexts texts_of_recording(const Recording& recording) {
  AttentionTexts made;
  made.source = std::filesystem::path(recording.path()).filename().string();
  for (const RecordedSequence& sequence : recording.sequences()) {
    ClosedText text;
    text.number = sequence.number;
    text.ids = sequence.ids;
    text.prompt_tokens = sequence.prompt_tokens;
    text.token_class = sequence.token_class;
    text.token_rarity = sequence.token_rarity;
    for (const std::int32_t token : text.ids) ++made.counts[token];
    made.texts.push_back(std::move(text));
    TextTags tags;
    if (!sequence.language.empty()) tags.language = sequence.language;
    if (!sequence.domain.empty()) tags.domain = sequence.domain;
    made.tags.push_back(std::move(tags));
  }
  return made;
}

std::vector<TextFile> tagged_files(const std::vector<std::string>& paths,
                                   const std::vector<std::string>& tags, Issues& issues) {
  std::vector<TextFile> files;
  for (const std::string& path : paths) {
    files.push_back({path, {}});
    std::error_code unreadable;
    if (!std::filesystem::is_regular_file(path, unreadable)) {
      issues.error({path, 0, 0}, "there is no such text");
    }
  }
  for (const std::string& tag : tags) {
    const std::size_t equals = tag.find('=');
    const std::string name = tag.substr(0, equals);
    if (equals == std::string::npos || (name != "language" && name != "domain")) {
      issues.error({"--tag " + tag, 0, 0}, "not a tag", "language=..., domain=...");
      continue;
    }
    const std::vector<std::string> values = comma_separated(tag.substr(equals + 1));
    if (values.size() != 1 && values.size() != files.size()) {
      issues.error({"--tag " + tag, 0, 0},
                   fmt::format("{} values for {} texts", values.size(), files.size()),
                   "one for all, or one each");
      continue;
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string& value = values[values.size() == 1 ? 0 : i];
      (name == "language" ? files[i].tags.language : files[i].tags.domain) = value;
    }
  }
  return files;
}

}  // namespace kvern
