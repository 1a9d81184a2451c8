// Names for the blocks of a trace that has none but says how its turns go on: a prompt that begins
// with the whole turn before it begins with that turn's blocks. At the pool's own block size, so
// nothing is lost to rounding. Blocks that no other request can have are named too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/replay/trace.h"

namespace kvern {

class ChainNames {
 public:
  // Of the first `rows` rows. `before`: the row that each goes on from, -1 none; it is one where
  // the prompt is long enough to hold it. `found`: whether a row's answer is found by the next
  // turn.
  ChainNames(const Trace& trace, std::uint64_t rows, const std::vector<std::int32_t>& before,
             const std::vector<bool>& found, std::uint32_t block_size);

  // Of the full blocks of the prompt; of those that fill with its answer, where that is found
  // again.
  void read(std::size_t row, std::vector<std::uint32_t>& prompt,
            std::vector<std::uint32_t>& answer) const;
  // Names of 32 bits were not enough.
  bool exhausted() const { return exhausted_; }

 private:
  struct Row {
    std::int32_t before = -1;
    std::uint32_t shared = 0;  // leading blocks that have the names of those of `before`
    std::uint32_t first = 0;   // name of the next block; those behind count on
    std::uint32_t full = 0;    // blocks of the prompt
    std::uint32_t named = 0;   // with those of the answer
  };
  std::vector<Row> rows_;
  bool exhausted_ = false;
};

}  // namespace kvern
