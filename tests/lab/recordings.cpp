#include "tests/lab/recordings.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "policies/token_eviction.h"
#include "sim/base/random.h"

namespace kvern::lab {
namespace {

RecordedText empty_text(std::uint32_t tokens, std::uint32_t prompt, std::uint32_t layers,
                        std::uint32_t kv_heads, std::uint32_t group, std::uint32_t dim) {
  RecordedText text;
  RecordedSequence& sequence = text.sequence;
  sequence.language = "none";
  sequence.domain = "table";
  sequence.model = "lab";
  sequence.tokens = tokens;
  sequence.prompt_tokens = prompt;
  sequence.model_layers = layers;
  sequence.heads = kv_heads * group;
  sequence.kv_heads = kv_heads;
  sequence.dim = dim;
  for (std::uint32_t t = 0; t < tokens; ++t) sequence.ids.push_back(static_cast<int>(t));
  for (std::uint32_t l = 0; l < layers; ++l) sequence.layers.push_back(l);
  for (std::uint32_t l = 0; l < layers; ++l) {
    text.layers.push_back({std::vector<float>(std::size_t{tokens} * sequence.heads * dim),
                           std::vector<float>(std::size_t{tokens} * kv_heads * dim),
                           std::vector<float>(std::size_t{tokens} * kv_heads * dim)});
  }
  return text;
}

void write_layers(ArrayWriter& file, const std::string& name, const RecordedText& text,
                  std::uint64_t heads, std::vector<float> RecordedLayer::*part) {
  const RecordedSequence& s = text.sequence;
  file.create(name, {text.layers.size(), s.tokens, heads, s.dim}, ArrayType::F32, "1", "");
  for (std::uint64_t l = 0; l < text.layers.size(); ++l) {
    file.write<float>(name, {l, 0, 0, 0}, {1, s.tokens, heads, s.dim}, text.layers[l].*part);
  }
}

}  // namespace

RecordedText logit_table(std::uint32_t tokens, std::uint32_t prompt,
                         const std::function<double(std::uint32_t, std::uint32_t)>& logit) {
  RecordedText text = empty_text(tokens, prompt, 1, 1, 1, tokens);
  const double root = std::sqrt(static_cast<double>(tokens));
  for (std::uint32_t i = 0; i < tokens; ++i) {
    for (std::uint32_t j = 0; j < tokens; ++j) {
      text.layers[0].q[std::size_t{i} * tokens + j] = static_cast<float>(logit(i, j) * root);
    }
    text.layers[0].k[std::size_t{i} * tokens + i] = 1;
    text.layers[0].v[std::size_t{i} * tokens + i] = 1;
  }
  return text;
}

RecordedText micro_table(std::uint32_t tokens, std::uint32_t prompt) {
  return logit_table(tokens, prompt, [](std::uint32_t i, std::uint32_t j) {
    return ((7 * i + 3 * j * j + 5 * i * j) % 11) / 2.0;
  });
}

RecordedText random_text(const RandomText& of) {
  RecordedText text = empty_text(of.tokens, of.prompt, of.layers, of.kv_heads, of.group, of.dim);
  Stream stream(of.seed, "lab.recordings");
  for (RecordedLayer& layer : text.layers) {
    for (auto* values : {&layer.q, &layer.k, &layer.v}) {
      for (float& value : *values) value = static_cast<float>(draw_normal(stream) * 1.5);
    }
  }
  return text;
}

void write_recording(const std::string& path, const std::vector<RecordedText>& texts) {
  ArrayWriter file(path);
  for (const RecordedText& text : texts) {
    const RecordedSequence& s = text.sequence;
    const std::string group = fmt::format("/sequences/{}", s.number);
    file.set_attribute(group, "language", s.language);
    file.set_attribute(group, "domain", s.domain);
    file.set_attribute(group, "model", s.model);
    const std::vector<std::int64_t> layers(s.layers.begin(), s.layers.end());
    file.set_integers(group, "layers", layers);
    file.set_attribute(group, "model_layers", std::int64_t{s.model_layers});
    file.set_attribute(group, "prompt_tokens", std::int64_t{s.prompt_tokens});
    file.set_attribute(group, "rope_theta", s.rope_theta);
    if (s.scale > 0) file.set_attribute(group, "scale", s.scale);
    file.create(group + "/tokens", {s.tokens}, ArrayType::I32, "1", "");
    file.write_all<std::int32_t>(group + "/tokens", {s.tokens}, s.ids);
    if (!s.token_class.empty()) {
      file.create(group + "/token_class", {s.tokens}, ArrayType::U8, "1", "");
      file.write_all<std::uint8_t>(group + "/token_class", {s.tokens}, s.token_class);
    }
    if (!s.token_rarity.empty()) {
      file.create(group + "/token_rarity", {s.tokens}, ArrayType::F32, "1", "");
      file.write_all<float>(group + "/token_rarity", {s.tokens}, s.token_rarity);
    }
    write_layers(file, group + "/q", text, s.heads, &RecordedLayer::q);
    write_layers(file, group + "/k", text, s.kv_heads, &RecordedLayer::k);
    write_layers(file, group + "/v", text, s.kv_heads, &RecordedLayer::v);
  }
  file.close();
}

TokenPolicyMaker token_policy(const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {text, 0, 0}, issues);
  make_policy(token_eviction::table(), "token_eviction", spec, "policy", issues);
  if (issues.any_error()) throw std::invalid_argument(issues.text());
  return [spec] {
    Issues none;
    return make_policy(token_eviction::table(), "token_eviction", spec, "policy", none);
  };
}

std::vector<LayerReplay> replay(const RecordedText& text, const std::string& policy,
                                const ReplayOptions& options) {
  std::vector<LayerReplay> layers;
  for (std::uint32_t l = 0; l < text.layers.size(); ++l) {
    const TokenLayer layer = token_layer(text.sequence, text.layers[l], l);
    const TokenPolicyMaker maker = token_policy(policy);
    const std::string refusal = maker()->refusal(layer);
    if (!refusal.empty()) throw std::invalid_argument(policy + ": " + refusal);
    layers.push_back(replay_layer(layer, {maker}, options));
  }
  return layers;
}

HeadReplay replay_head(const RecordedText& text, const std::string& policy,
                       const ReplayOptions& options) {
  return replay(text, policy, options)[0].heads[0][0];
}

}  // namespace kvern::lab
