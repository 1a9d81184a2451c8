#include "traces/replay/chain_names.h"

#include <algorithm>

namespace kvern {

ChainNames::ChainNames(const Trace& trace, std::uint64_t rows,
                       const std::vector<std::int32_t>& before, const std::vector<bool>& found,
                       std::uint32_t block_size) {
  rows_.resize(rows);
  std::vector<bool> goes_on(rows, false);
  for (std::size_t row = 0; row < rows; ++row) {
    if (before[row] < 0) continue;
    const auto other = static_cast<std::size_t>(before[row]);
    const std::uint64_t context =
        std::uint64_t{trace.prompt_tokens[other]} + trace.output_tokens[other];
    if (trace.prompt_tokens[row] < context) continue;
    rows_[row].before = before[row];
    goes_on[other] = true;
  }
  std::uint64_t next = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    Row& own = rows_[row];
    own.full = trace.prompt_tokens[row] / block_size;
    own.named = own.full;
    if (goes_on[row] && found[row] && trace.output_tokens[row] > 0) {
      const std::uint64_t computed =
          std::uint64_t{trace.prompt_tokens[row]} + trace.output_tokens[row] - 1;
      own.named = static_cast<std::uint32_t>(computed / block_size);
    }
    if (own.before >= 0) own.shared = rows_[static_cast<std::size_t>(own.before)].named;
    own.first = static_cast<std::uint32_t>(next);
    next += own.named - own.shared;
    exhausted_ = exhausted_ || next > UINT32_MAX;
  }
}

void ChainNames::read(std::size_t row, std::vector<std::uint32_t>& prompt,
                      std::vector<std::uint32_t>& answer) const {
  const Row* own = &rows_[row];
  prompt.resize(own->named);
  // From the end: each block has the name of the latest row that brought it.
  for (std::uint32_t end = own->named; end > 0;
       own = &rows_[static_cast<std::size_t>(own->before)]) {
    for (std::uint32_t k = std::min(own->shared, end); k < end; ++k) {
      prompt[k] = own->first + (k - own->shared);
    }
    end = std::min(end, own->shared);
    if (end == 0) break;
  }
  const auto full = static_cast<std::ptrdiff_t>(rows_[row].full);
  answer.assign(prompt.begin() + full, prompt.end());
  prompt.resize(rows_[row].full);
}

}  // namespace kvern
