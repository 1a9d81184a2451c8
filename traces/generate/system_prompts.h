// The texts that prompts begin with, and the ids of their blocks: text by text, from 0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/random.h"
#include "traces/prefixes.h"

namespace kvern {

class SystemPrompts {
 public:
  // Lengths are drawn from `lengths`, once each. block_size 0: no ids.
  SystemPrompts(const SystemPromptKeys& keys, std::uint32_t block_size, Stream lengths);

  bool none() const { return tokens_.empty(); }
  std::uint32_t draw(Stream& stream) const { return popularity_.draw(stream); }  // 1 draw

  struct Begun {
    std::uint32_t prompt_tokens;            // of the whole prompt
    std::span<const std::uint32_t> blocks;  // full blocks of the shared text
  };
  // A prompt of `drawn` tokens that begins with text `which`.
  Begun begin(std::uint32_t which, std::uint32_t drawn) const;
  // How many ids the texts take.
  std::uint32_t ids() const { return static_cast<std::uint32_t>(ids_.size()); }

 private:
  bool inside_;
  std::uint32_t block_size_;
  WeightedChoice popularity_;
  std::vector<std::uint32_t> tokens_;
  std::vector<std::uint32_t> first_block_;
  std::vector<std::uint32_t> ids_;  // 0, 1, 2 ...: what spans of ids point into
};

}  // namespace kvern
