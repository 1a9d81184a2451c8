// Prefix block ids of one block size as ids of another: a multiple or a divisor of it.
//   multiple m: groups of m, named by their last member; an incomplete last group is partial (ceil)
//               or dropped (floor).
//   divisor:    an id becomes size/to ids of its own; under ceil the last are cut to the prompt.
//               Under floor the tail stays unnamed, even where it holds full smaller blocks, unless
//               the blocks of the answer are named.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/config/issues.h"
#include "traces/replay/trace.h"

namespace kvern {

class Reblocking {
 public:
  // Empty, with an issue at `where`, when `to` (> 0) is neither, or ids would not fit 32 bits.
  static std::optional<Reblocking> make(const TraceHeader& trace, std::uint32_t to,
                                        const Location& where, Issues& issues);

  // Replaces the ids of a prompt by those of the new size.
  void apply(std::uint32_t prompt_tokens, std::vector<std::uint32_t>& ids);
  // The same where the blocks of the answer have ids too (Trace::answers): afterwards `ids` are
  // those of the full blocks of the prompt and `answer` those of the blocks that its answer fills.
  void apply(std::uint32_t prompt_tokens, std::uint32_t output_tokens,
             std::vector<std::uint32_t>& ids, std::vector<std::uint32_t>& answer);
  // Under ceil the block at the end of a prompt has an id of its own, and another one where the
  // answer goes on in it. Smaller blocks within the prompt are the same in both: this says so.
  void learn_partial_blocks(const Trace& trace);
  bool needs_partial_blocks() const { return parts_ > 1 && rule_ == BlockRule::Ceil; }

 private:
  void split(std::vector<std::uint32_t>& ids);

  struct Begun {
    std::uint32_t id;     // of the block as the prompt ends in it
    std::uint32_t parts;  // that lie in the prompt
  };
  BlockRule rule_ = BlockRule::None;
  std::uint32_t to_ = 1;
  std::uint32_t group_ = 1;                          // members of a new block
  std::uint32_t parts_ = 1;                          // new blocks of an old one
  std::uint32_t from_ = 1;                           // tokens of an old block
  absl::flat_hash_map<std::uint32_t, Begun> begun_;  // by id of the block that goes on
  std::vector<std::uint32_t> scratch_;
};

}  // namespace kvern
