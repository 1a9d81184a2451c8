#include "traces/generate/system_prompts.h"

#include <algorithm>
#include <numeric>

namespace kvern {

SystemPrompts::SystemPrompts(const SystemPromptKeys& keys, std::uint32_t block_size, Stream lengths)
    : inside_(keys.inside),
      block_size_(block_size),
      popularity_(zipf_weights(std::max(keys.count, 1U), keys.skew)) {
  std::uint32_t blocks = 0;
  for (std::uint32_t i = 0; i < keys.count; ++i) {
    tokens_.push_back(keys.tokens->whole_at(lengths.uniform()));
    first_block_.push_back(blocks);
    if (block_size > 0) blocks += tokens_.back() / block_size;
  }
  ids_.resize(blocks);
  std::iota(ids_.begin(), ids_.end(), 0U);
}

SystemPrompts::Begun SystemPrompts::begin(std::uint32_t which, std::uint32_t drawn) const {
  const std::uint32_t shared = inside_ ? std::min(tokens_[which], drawn) : tokens_[which];
  const std::uint32_t prompt = inside_ ? drawn : std::min(drawn, 2147483647 - shared) + shared;
  if (block_size_ == 0) return {prompt, {}};
  return {prompt, std::span(ids_).subspan(first_block_[which], shared / block_size_)};
}

}  // namespace kvern
