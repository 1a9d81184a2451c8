#include "models/transformer/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

class WeightsFile {
 public:
  explicit WeightsFile(const std::string& path)
      : file_(path, "weights", "remove it and get it again with kvern models get") {}

  [[noreturn]] void fail(const std::string& why) const {
    throw OutsideError(fmt::format("{}: {}", file_.path(), why));
  }
  std::uint32_t count(const char* name) const {
    const std::vector<std::int64_t> values = file_.integers_attribute("/", name);
    if (values.size() != 1 || values[0] < 1 || values[0] > (1 << 24)) {
      fail(fmt::format("attribute {} is no usable count", name));
    }
    return static_cast<std::uint32_t>(values[0]);
  }
  double number(const char* name) const {
    const double value = file_.number_attribute("/", name);
    if (!(value > 0)) fail(fmt::format("attribute {} must be above 0", name));
    return value;
  }
  std::string text(const char* name) const { return file_.text_attribute("/", name); }
  bool has(const std::string& dataset) const { return file_.has(dataset); }

  // Appends a dataset of that shape.
  void append(const std::string& dataset, const Extents& shape, std::vector<float>& into) const {
    if (!file_.has(dataset)) fail(fmt::format("there is no {}", dataset));
    if (const Extents found = file_.shape(dataset); found != shape) {
      fail(fmt::format("{} is {}, not {}", dataset, found, shape));
    }
    std::size_t size = 1;
    for (const std::uint64_t extent : shape) size *= extent;
    into.resize(into.size() + size);
    const std::span<float> fresh = std::span(into).last(size);
    file_.read<float>(dataset, Extents(shape.size(), 0), shape, fresh);
    for (const float value : fresh) {
      if (!std::isfinite(value)) fail(fmt::format("{} holds a number that is not finite", dataset));
    }
  }

 private:
  ArrayReader file_;
};

LanguageModelShape read_shape(const WeightsFile& file) {
  if (file.text("format") != "kvern.weights") file.fail("not a file of weights");
  if (file.count("version") != 1) file.fail("weights of a version this program doesn't know");
  LanguageModelShape shape;
  shape.name = file.text("model");
  shape.layers = file.count("layers");
  shape.hidden = file.count("hidden");
  shape.heads = file.count("heads");
  shape.kv_heads = file.count("kv_heads");
  shape.head_dim = file.count("head_dim");
  shape.vocabulary = file.count("vocabulary");
  shape.rope_theta = file.number("rope_theta");
  if (shape.heads % shape.kv_heads != 0) file.fail("heads is no multiple of kv_heads");
  if (shape.hidden % 8 != 0 || shape.head_dim % 8 != 0) {
    file.fail("hidden and head_dim must be multiples of 8");
  }
  return shape;
}

LayerWeights read_layer(const WeightsFile& file, const Weights& weights, std::uint32_t layer) {
  const std::string group = fmt::format("/layers/{}/", layer);
  const std::uint64_t hidden = weights.shape.hidden;
  const std::uint64_t queries = std::uint64_t{weights.shape.heads} * weights.shape.head_dim;
  const std::uint64_t keys = std::uint64_t{weights.shape.kv_heads} * weights.shape.head_dim;
  LayerWeights out;
  file.append(group + "attention_norm", {hidden}, out.attention_norm);
  file.append(group + "query", {queries, hidden}, out.query);
  file.append(group + "key", {keys, hidden}, out.key);
  file.append(group + "value", {keys, hidden}, out.value);
  file.append(group + "output", {hidden, queries}, out.output);
  file.append(group + "mlp_norm", {hidden}, out.mlp_norm);
  file.append(group + "gate", {weights.intermediate, hidden}, out.gate_up);
  file.append(group + "up", {weights.intermediate, hidden}, out.gate_up);
  file.append(group + "down", {hidden, weights.intermediate}, out.down);
  return out;
}

}  // namespace

Weights read_weights(const std::string& path) {
  const WeightsFile file(path);
  Weights weights;
  weights.shape = read_shape(file);
  weights.intermediate = file.count("intermediate");
  if (weights.intermediate % 8 != 0) file.fail("intermediate must be a multiple of 8");
  weights.norm_epsilon = static_cast<float>(file.number("norm_epsilon"));
  const std::uint64_t hidden = weights.shape.hidden;
  file.append("/embedding", {weights.shape.vocabulary, hidden}, weights.embedding);
  for (std::uint32_t layer = 0; layer < weights.shape.layers; ++layer) {
    weights.layers.push_back(read_layer(file, weights, layer));
  }
  file.append("/final_norm", {hidden}, weights.final_norm);
  if (file.has("/head")) file.append("/head", {weights.shape.vocabulary, hidden}, weights.head);
  return weights;
}

}  // namespace kvern
