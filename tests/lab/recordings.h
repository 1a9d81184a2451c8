// Small recordings: from a table of logits, or random; in memory or written to a file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/attention/machine/layer_replay.h"
#include "sim/attention/machine/recording.h"

namespace kvern::lab {

struct RecordedText {
  RecordedSequence sequence;
  std::vector<RecordedLayer> layers;
};

// One head, dim = tokens, unit-vector keys and values, q = logits x sqrt(dim): any table.
RecordedText logit_table(std::uint32_t tokens, std::uint32_t prompt,
                         const std::function<double(std::uint32_t, std::uint32_t)>& logit);
// (7i + 3jj + 5ij mod 11) / 2 over 24 tokens, or the first of them, decoded from an empty cache.
RecordedText micro_table(std::uint32_t tokens = 24, std::uint32_t prompt = 0);
// Random numbers of a seed; keys are shared by `group` query heads.
struct RandomText {
  std::uint64_t seed = 1;
  std::uint32_t tokens = 40, prompt = 0, layers = 1, kv_heads = 2, group = 2, dim = 8;
};
RecordedText random_text(const RandomText& text);

void write_recording(const std::string& path, const std::vector<RecordedText>& texts);

// A maker of "h2o(heavy=3, recent=3)"; throws std::invalid_argument with the issues.
TokenPolicyMaker token_policy(const std::string& text);
// All layers under one policy.
std::vector<LayerReplay> replay(const RecordedText& text, const std::string& policy,
                                const ReplayOptions& options = {});
// The first KV head of the first layer.
HeadReplay replay_head(const RecordedText& text, const std::string& policy,
                       const ReplayOptions& options = {});

}  // namespace kvern::lab
