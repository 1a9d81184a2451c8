#include "scenarios/program/command/record_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "scenarios/program/read/model_files.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/exact_math.h"
#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/io/output_file.h"

namespace kvern {
namespace {

struct RecordPlan {
  std::string weights;
  std::map<std::string, std::string> tags{{"language", "unknown"}, {"domain", "unknown"}};
  std::optional<ArrayType> store;  // none: tokens only
};

void read_tags(const RecordRequest& request, RecordPlan& plan, Issues& issues) {
  for (const std::string& tag : request.tags) {
    const std::size_t equals = tag.find('=');
    const auto known = plan.tags.find(tag.substr(0, equals));
    if (equals == std::string::npos || known == plan.tags.end()) {
      issues.error({"--tag " + tag, 0, 0}, "not a tag", "language=..., domain=...");
    } else {
      known->second = tag.substr(equals + 1);
    }
  }
}

RecordPlan read_plan(const RecordRequest& request, Issues& issues) {
  RecordPlan plan;
  if (request.model.empty()) {
    issues.error({"kvern", 0, 0}, "trace record needs --model", "--model smollm2-135m");
  } else {
    plan.weights = existing_weights(request.model, issues);
  }
  if (request.texts.empty()) issues.error({"kvern", 0, 0}, "trace record needs --text FILE ...");
  for (const std::string& text : request.texts) {
    if (!std::filesystem::exists(text)) issues.error({text, 0, 0}, "there is no such text");
  }
  read_tags(request, plan, issues);
  if (request.store == "f16") {
    plan.store = ArrayType::F16;
  } else if (request.store == "f32") {
    plan.store = ArrayType::F32;
  } else if (request.store != "none") {
    issues.error({"--store " + request.store, 0, 0}, "not a way to store q, k, v",
                 "f16, f32 or none");
  }
  if (request.length == 0 || request.prompt > request.length) {
    issues.error({"--length", 0, 0}, "a sequence holds its prompt and at least one token");
  }
  return plan;
}

// -ln of each token's share of all recorded tokens.
std::map<std::int32_t, float> rarities(const std::vector<TokenisedText>& texts) {
  std::map<std::int32_t, std::uint64_t> counts;
  std::uint64_t total = 0;
  for (const TokenisedText& text : texts) {
    for (const std::int32_t token : text.tokens) ++counts[token];
    total += text.tokens.size();
  }
  std::map<std::int32_t, float> rarity;
  for (const auto& [token, count] : counts) {
    rarity[token] =
        static_cast<float>(exact::log(static_cast<double>(total) / static_cast<double>(count)));
  }
  return rarity;
}

class Recorder {
 public:
  Recorder(const RecordRequest& request, const RecordPlan& plan)
      : request_(request),
        plan_(plan),
        pool_(0, Interrupt(interrupted())),
        model_(load_transformer(plan.weights, pool_)),
        rotary_(model_->shape().rope_theta, model_->shape().head_dim, request.length) {}

  bool check_layers(Issues& issues);
  void write(const std::vector<TokenisedText>& texts);

 private:
  void write_tokens(ArrayWriter& file, const std::string& group, const TokenisedText& text,
                    const std::map<std::int32_t, float>& rarity);
  void write_layers(ArrayWriter& file, const std::string& group, const TokenisedText& text);

  const RecordRequest& request_;
  const RecordPlan& plan_;
  WorkerPool pool_;
  std::unique_ptr<LanguageModel> model_;
  Rotary rotary_;
  std::vector<std::int64_t> layers_;
};

bool Recorder::check_layers(Issues& issues) {
  const std::uint32_t count = model_->shape().layers;
  layers_.assign(request_.layers.begin(), request_.layers.end());
  if (layers_.empty()) {
    for (std::uint32_t layer = 0; layer < count; ++layer) layers_.push_back(layer);
  }
  std::sort(layers_.begin(), layers_.end());
  layers_.erase(std::unique(layers_.begin(), layers_.end()), layers_.end());
  if (layers_.back() >= count) {
    issues.error({"--layers", 0, 0}, fmt::format("there is no layer {}", layers_.back()),
                 fmt::format("{} has 0 to {}", model_->shape().name, count - 1));
  }
  return !issues.any_error();
}

void Recorder::write(const std::vector<TokenisedText>& texts) {
  const std::map<std::int32_t, float> rarity = rarities(texts);
  OutputFile output(request_.out, "recording");
  ArrayWriter file(output.partial());
  file.set_attribute("/", "format", std::string("kvern.recording"));
  file.set_attribute("/", "version", std::int64_t{1});
  for (std::size_t n = 0; n < texts.size(); ++n) {
    const std::string group = fmt::format("/sequences/{}", n);
    write_tokens(file, group, texts[n], rarity);
    if (plan_.store) write_layers(file, group, texts[n]);
    std::fprintf(stderr, "kvern: sequence %zu of %zu: %zu tokens of %s\n", n + 1, texts.size(),
                 texts[n].tokens.size(), texts[n].file.c_str());
  }
  file.close_sealed("recording");
  output.commit();
}

void Recorder::write_tokens(ArrayWriter& file, const std::string& group, const TokenisedText& text,
                            const std::map<std::int32_t, float>& rarity) {
  const Extents extents{text.tokens.size()};
  file.create(group + "/tokens", extents, ArrayType::I32, "1", "numbers of the vocabulary");
  file.write_all<std::int32_t>(group + "/tokens", extents, text.tokens);
  file.create(group + "/token_class", extents, ArrayType::U8, "1",
              "0 other, 1 special, 2 punctuation");
  file.write_all<std::uint8_t>(group + "/token_class", extents, text.token_class);
  std::vector<float> rare;
  for (const std::int32_t token : text.tokens) rare.push_back(rarity.at(token));
  file.create(group + "/token_rarity", extents, ArrayType::F32, "nats",
              "-ln of the token's share of all tokens recorded here");
  file.write_all<float>(group + "/token_rarity", extents, rare);
  for (const auto& [name, value] : plan_.tags) file.set_attribute(group, name, value);
  const LanguageModelShape& shape = model_->shape();
  file.set_attribute(group, "text", text.file);
  file.set_attribute(group, "model", shape.name);
  file.set_integers(group, "layers",
                    plan_.store ? std::span(layers_) : std::span(layers_).first(0));
  file.set_attribute(group, "model_layers", std::int64_t{shape.layers});
  const std::size_t prompt = std::min<std::size_t>(request_.prompt, text.tokens.size());
  file.set_attribute(group, "prompt_tokens", static_cast<std::int64_t>(prompt));
  file.set_attribute(group, "rope_theta", shape.rope_theta);
}

void Recorder::write_layers(ArrayWriter& file, const std::string& group,
                            const TokenisedText& text) {
  const LanguageModelShape& shape = model_->shape();
  const std::uint64_t tokens = text.tokens.size();
  const auto create = [&](const char* name, std::uint64_t heads, const char* description) {
    file.create(group + name, {layers_.size(), tokens, heads, shape.head_dim}, *plan_.store, "1",
                description);
  };
  create("/q", shape.heads, "queries after RoPE");
  create("/k", shape.kv_heads, "keys after RoPE");
  create("/v", shape.kv_heads, "values");
  dense_forward(*model_, pool_, rotary_, text.tokens, [&](const LayerRows& rows) {
    const auto at = std::find(layers_.begin(), layers_.end(), rows.layer);
    if (at == layers_.end()) return;
    const auto index = static_cast<std::uint64_t>(at - layers_.begin());
    const auto write = [&](const char* name, std::uint64_t heads, std::span<const float> values) {
      file.write<float>(group + name, {index, 0, 0, 0}, {1, tokens, heads, shape.head_dim}, values);
    };
    write("/q", shape.heads, rows.queries);
    write("/k", shape.kv_heads, rows.keys);
    write("/v", shape.kv_heads, rows.values);
  });
}

int told(const Issues& issues) {
  std::fputs(issues.text().c_str(), stderr);
  return kUserError;
}

}  // namespace

int record_command(const RecordRequest& request) {
  Issues issues;
  const RecordPlan plan = read_plan(request, issues);
  if (issues.any_error()) return told(issues);
  { const OutputFile may_be_written(request.out, "recording"); }  // told now, not after the work
  const std::vector<TokenisedText> texts = tokenise(plan.weights, request.length, request.texts);
  if (texts.empty()) return kUserError;
  Recorder recorder(request, plan);
  if (!recorder.check_layers(issues)) return told(issues);
  recorder.write(texts);
  std::fprintf(stderr, "kvern: wrote %s\n", request.out.c_str());
  return kGood;
}

}  // namespace kvern
