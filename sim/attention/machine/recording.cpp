#include "sim/attention/machine/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sim/base/io/hdf5/seal.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

constexpr const char* kRoot = "/sequences";
// Beyond what any model has, so that a damaged shape does not ask for all memory.
constexpr std::size_t kMostTokens = 1 << 27;
constexpr std::uint64_t kMostLayers = 100'000;
constexpr std::uint64_t kMostWidth = 1 << 24;  // heads x dim

class SequenceReader {
 public:
  SequenceReader(const ArrayReader& file, const std::string& name)
      : file_(file), name_(name), group_(fmt::format("{}/{}", kRoot, name)) {}

  RecordedSequence read(bool tokens_only) const {
    RecordedSequence sequence;
    const auto end = std::from_chars(name_.data(), name_.data() + name_.size(), sequence.number);
    if (end.ec != std::errc() || end.ptr != name_.data() + name_.size()) {
      fail("the name of a sequence is its number");
    }
    sequence.language = text("language");
    sequence.domain = text("domain");
    sequence.model = text("model");
    read_tokens(sequence);
    if (!tokens_only) {
      read_shape(sequence);
      read_layers(sequence);
    }
    sequence.prompt_tokens = static_cast<std::uint32_t>(number("prompt_tokens", 0));
    if (sequence.prompt_tokens > sequence.tokens) fail("prompt_tokens is beyond the last token");
    sequence.rope_theta = number("rope_theta", 0);
    sequence.scale = number("scale", 0);
    if (sequence.rope_theta > 0 && sequence.dim % 2 != 0) fail("RoPE needs an even dim");
    return sequence;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw OutsideError(fmt::format("{}: {}: {}", file_.path(), group_, why));
  }
  std::string text(const char* name) const {
    return file_.has_attribute(group_, name) ? file_.text_attribute(group_, name) : "";
  }
  double number(const char* name, double absent) const {
    if (!file_.has_attribute(group_, name)) return absent;
    const double value = file_.number_attribute(group_, name);
    if (!(value >= 0 && value < 4e9)) fail(fmt::format("{} = {} is out of range", name, value));
    return value;
  }
  std::string part(const char* name) const { return group_ + "/" + name; }

  void read_tokens(RecordedSequence& sequence) const {
    sequence.ids = file_.read_all<std::int32_t>(part("tokens"));
    sequence.tokens = static_cast<std::uint32_t>(sequence.ids.size());
    if (sequence.ids.empty() || sequence.ids.size() > kMostTokens) {
      fail(fmt::format("it has {} tokens; 1 to {} can be replayed", sequence.ids.size(),
                       kMostTokens));
    }
    for (const std::int32_t id : sequence.ids) {
      if (id < 0) fail("a token has no number below 0");
    }
    if (file_.has(part("token_class"))) {
      sequence.token_class = file_.read_all<std::uint8_t>(part("token_class"));
      if (sequence.token_class.size() != sequence.tokens) fail("token_class is not [T]");
      for (const std::uint8_t kind : sequence.token_class) {
        if (kind > 2) fail("token_class is 0, 1 or 2");
      }
    }
    if (file_.has(part("token_rarity"))) {
      sequence.token_rarity = file_.read_all<float>(part("token_rarity"));
      if (sequence.token_rarity.size() != sequence.tokens) fail("token_rarity is not [T]");
      for (const float rarity : sequence.token_rarity) {
        if (!(std::isfinite(rarity) && rarity >= 0)) fail("token_rarity is a number from 0 up");
      }
    }
  }

  void read_shape(RecordedSequence& sequence) const {
    if (!file_.has(part("q"))) fail("there is no q, k, v to replay (tokens alone need the model)");
    const Extents q = file_.shape(part("q"));
    const Extents k = file_.shape(part("k"));
    const bool well_formed = q.size() == 4 && k.size() == 4 && file_.shape(part("v")) == k &&
                             q[0] == k[0] && q[1] == k[1] && q[3] == k[3] && k[2] > 0 && q[2] > 0 &&
                             q[2] % k[2] == 0 && q[3] > 0 && q[1] == sequence.tokens &&
                             q[0] <= kMostLayers && q[2] * q[3] <= kMostWidth;
    if (!well_formed) {
      fail("q is not [layer, T, head, dim], or k and v not [layer, T, kv_head, dim]");
    }
    for (const char* name : {"q", "k", "v"}) {
      if (file_.stored_size(part(name)) > 4) fail(fmt::format("{} is not f16 or f32", name));
    }
    sequence.heads = static_cast<std::uint32_t>(q[2]);
    sequence.kv_heads = static_cast<std::uint32_t>(k[2]);
    sequence.dim = static_cast<std::uint32_t>(q[3]);
    sequence.layers.resize(q[0]);
  }

  void read_layers(RecordedSequence& sequence) const {
    std::vector<std::int64_t> numbers(sequence.layers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
    if (file_.has_attribute(group_, "layers")) {
      numbers = file_.integers_attribute(group_, "layers");
      if (numbers.size() != sequence.layers.size()) fail("layers does not name the layers of q");
    }
    std::int64_t most = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] < 0 || numbers[i] > 100'000) fail("layers has no such number");
      sequence.layers[i] = static_cast<std::uint32_t>(numbers[i]);
      most = std::max(most, numbers[i] + 1);
    }
    sequence.model_layers =
        static_cast<std::uint32_t>(number("model_layers", static_cast<double>(most)));
    if (sequence.model_layers < most) fail("layers has a number beyond model_layers");
  }

  const ArrayReader& file_;
  std::string name_;
  std::string group_;
};

}  // namespace

Recording::Recording(const std::string& path, bool tokens_only)
    : file_(path, "recording", "kvern trace record makes a new one") {
  if (file_.has_attribute("/", "format") && sealed_kind(path).empty()) {
    throw OutsideError(path +
                       ": Kvern wrote this recording, and its seal is gone, so it was "
                       "changed or cut short since: kvern trace record makes a new one");
  }
  if (!file_.has(kRoot)) {
    throw OutsideError(fmt::format("{}: not a recording: it has no group {}", path, kRoot));
  }
  for (const std::string& name : file_.members(kRoot)) {
    sequences_.push_back(SequenceReader(file_, name).read(tokens_only));
  }
  if (sequences_.empty()) throw OutsideError(fmt::format("{}: no sequences", path));
  std::sort(
      sequences_.begin(), sequences_.end(),
      [](const RecordedSequence& a, const RecordedSequence& b) { return a.number < b.number; });
}

RecordedLayer Recording::layer(const RecordedSequence& sequence, std::uint32_t index) const {
  const auto read = [&](const char* name, std::uint64_t heads) {
    const Extents count = {1, sequence.tokens, heads, sequence.dim};
    std::vector<float> values(sequence.tokens * heads * sequence.dim);
    file_.read<float>(fmt::format("{}/{}/{}", kRoot, sequence.number, name), {index, 0, 0, 0},
                      count, values);
    for (const float value : values) {
      if (std::isfinite(value)) continue;
      throw OutsideError(fmt::format("{}: {}/{}/{} holds a number that is not finite", file_.path(),
                                     kRoot, sequence.number, name));
    }
    return values;
  };
  return {read("q", sequence.heads), read("k", sequence.kv_heads), read("v", sequence.kv_heads)};
}

TokenLayer token_layer(const RecordedSequence& sequence, const RecordedLayer& layer,
                       std::uint32_t index) {
  TokenLayer told;
  told.bounds = {sequence.prompt_tokens, sequence.tokens, sequence.layers[index],
                 sequence.model_layers, sequence.kv_heads};
  told.group = sequence.heads / sequence.kv_heads;
  told.scale = sequence.scale;
  told.rope_theta = sequence.rope_theta;
  told.vectors = {layer.q.data(), layer.k.data(),    layer.v.data(),
                  sequence.heads, sequence.kv_heads, sequence.dim};
  told.ids = sequence.ids;
  told.token_class = sequence.token_class;
  told.token_rarity = sequence.token_rarity;
  return told;
}

}  // namespace kvern
