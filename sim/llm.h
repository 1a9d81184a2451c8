// The shape of a language model, as its data file says (models/llm/<name>.toml).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace kvern {

struct LlmSpec {
  std::string name;  // "llama-3.1-8b"
  std::string title;
  std::uint32_t layers = 0;
  std::uint32_t hidden = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t intermediate = 0;  // of the MLP, or of one expert
  std::uint32_t mlp_matrices = 3;  // gate, up, down; 2 for OPT
  std::uint32_t vocabulary = 0;
  bool tied_embeddings = false;
  bool qkv_bias = false;
  bool all_biases = false;              // OPT
  std::uint32_t learned_positions = 0;  // OPT: 2050
  std::uint32_t experts = 0;            // 0: dense
  std::uint32_t experts_per_token = 0;
  std::uint32_t window = 0;  // sliding-window attention; 0: none
  bool qk_norm = false;      // Qwen3
  std::string source;

  std::uint64_t parameters() const;         // counted from the shape
  std::uint64_t active_parameters() const;  // of one token
  // Keys and values of one token on one of `tensor_parallel` GPUs. KV heads are replicated, not
  // split, where there are fewer of them than GPUs.
  std::uint64_t kv_bytes_per_token(std::uint32_t tensor_parallel, double bytes_per_value) const {
    const std::uint32_t local = std::max(1U, kv_heads / tensor_parallel);
    return static_cast<std::uint64_t>(2.0 * layers * local * head_dim * bytes_per_value);
  }
};

}  // namespace kvern
