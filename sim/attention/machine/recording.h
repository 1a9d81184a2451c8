// A recording: token sequences with the queries, keys and values that a model computed for them.
// HDF5; any tool can write one, and Kvern's own carry a seal (sim/base/io/hdf5/seal.h). Numbers are
// finite, tokens from 0 up.
//
//   /sequences/<n>     attributes language, domain, model; layers (numbers of the recorded ones),
//                      model_layers, prompt_tokens (0), rope_theta (0 = none), scale (absent:
//                      logits are divided by sqrt(dim))
//     tokens           [T] of the vocabulary
//     q                [layer, T, head, dim], f16 or f32, after RoPE (halves rotated against each
//                      other, as Llama in PyTorch transformers has them)
//     k, v             [layer, T, kv_head, dim]
//     token_class      [T] 0 other, 1 special, 2 punctuation; optional
//     token_rarity     [T] -ln of the unigram probability; optional
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/io/hdf5/array_file.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

struct RecordedSequence {
  std::uint32_t number = 0;  // n
  std::string language, domain, model;
  std::vector<std::uint32_t> layers;  // recorded
  std::uint32_t model_layers = 0;
  std::uint32_t tokens = 0, prompt_tokens = 0;
  std::uint32_t heads = 0, kv_heads = 0, dim = 0;
  double rope_theta = 0;
  double scale = 0;  // 0 = none given
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> token_class;
  std::vector<float> token_rarity;
};

// One layer's numbers, as stored.
struct RecordedLayer {
  std::vector<float> q, k, v;
};

// Everything throws OutsideError, naming file and dataset.
class Recording {
 public:
  // With `tokens_only` q, k and v are not looked at, and may be missing: heads and layers are 0.
  explicit Recording(const std::string& path, bool tokens_only = false);

  const std::vector<RecordedSequence>& sequences() const { return sequences_; }
  // `index` counts the recorded layers from 0. Not for several threads at once.
  RecordedLayer layer(const RecordedSequence& sequence, std::uint32_t index) const;
  const std::string& path() const { return file_.path(); }

 private:
  ArrayReader file_;
  std::vector<RecordedSequence> sequences_;
};

// What a policy is told of one recorded layer. It points into `sequence` and `layer`.
TokenLayer token_layer(const RecordedSequence& sequence, const RecordedLayer& layer,
                       std::uint32_t index);

}  // namespace kvern
