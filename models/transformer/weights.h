// The weights of a Llama-architecture model, float32, from an HDF5 file as
// models/transformer/tools/get_model.py writes it (`kvern models get`):
//   attributes of /  format "kvern.weights", version 1, model, layers, hidden, heads, kv_heads,
//                    head_dim, intermediate, vocabulary, rope_theta, norm_epsilon
//   /embedding [vocabulary, hidden], /final_norm [hidden]
//   /head [vocabulary, hidden]; absent: the embedding is the head
//   /layers/<n>/     attention_norm, mlp_norm [hidden]; query, key, value [heads * dim, hidden];
//                    output [hidden, heads * dim]; gate, up [intermediate, hidden];
//                    down [hidden, intermediate]
// Rotary pairs are (i, i + dim/2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/ports/language_model.h"

namespace kvern {

struct LayerWeights {
  std::vector<float> attention_norm;
  std::vector<float> query;
  std::vector<float> key;
  std::vector<float> value;
  std::vector<float> output;
  std::vector<float> mlp_norm;
  std::vector<float> gate_up;  // [2 * intermediate][hidden]: gate, then up
  std::vector<float> down;
};

struct Weights {
  LanguageModelShape shape;
  std::uint32_t intermediate = 0;
  float norm_epsilon = 0;
  std::vector<float> embedding;
  std::vector<LayerWeights> layers;
  std::vector<float> final_norm;
  std::vector<float> head;  // empty: tied
};

// Throws OutsideError, naming the file and what is missing, of another shape, or not supported.
Weights read_weights(const std::string& path);

}  // namespace kvern
