// Prefix block ids of one block size as ids of another: a multiple or a divisor of it.
//   multiple m: groups of m, named by their last member; an incomplete last group is partial (ceil)
//               or dropped (floor).
//   divisor:    an id becomes size/to ids of its own; under ceil the last are cut to the prompt.
//   (Under
//               floor the tail stays unnamed, even where it holds full smaller blocks.)
#pragma once

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

 private:
  BlockRule rule_ = BlockRule::None;
  std::uint32_t to_ = 1;
  std::uint32_t group_ = 1;  // members of a new block
  std::uint32_t parts_ = 1;  // new blocks of an old one
  std::vector<std::uint32_t> scratch_;
};

}  // namespace kvern
