#include "traces/replay/trace_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/outside_error.h"

namespace kvern {
namespace {

constexpr std::uint32_t kMostTokens = 1U << 31;  // as importers have it

class RowCheck {
 public:
  RowCheck(const Trace& window, std::uint64_t first, const std::string& file)
      : t_(window), first_(first), file_(file) {}

  void all() const {
    each("arrivals are in order, from 0 up", t_.arrival_ns,
         [this](std::size_t i) { return t_.arrival_ns[i] >= (i == 0 ? 0 : t_.arrival_ns[i - 1]); });
    each("a prompt has 1 to 2^31 tokens", t_.prompt_tokens, [this](std::size_t i) {
      return t_.prompt_tokens[i] >= 1 && t_.prompt_tokens[i] <= kMostTokens;
    });
    each("an output has at most 2^31 tokens", t_.output_tokens,
         [this](std::size_t i) { return t_.output_tokens[i] <= kMostTokens; });
    each("a session is -1 or a number from 0 up", t_.session,
         [this](std::size_t i) { return t_.session[i] >= -1; });
    each("a delay is not negative", t_.delay_ns,
         [this](std::size_t i) { return t_.delay_ns[i] >= 0; });
    each("a parent is -1 or an earlier row", t_.parent,
         [this](std::size_t i) { return earlier(t_.parent[i], i, -1); });
    names("tenant", t_.tenant, t_.tenants);
    names("language", t_.language, t_.languages);
    names("category", t_.category, t_.categories);
    waits();
    if (!t_.session.empty() && t_.turn.size() != t_.session.size()) {
      fail(0, "sessions come with turns");
    }
    if (t_.prompt_tokens.size() != t_.rows() || t_.output_tokens.size() != t_.rows()) {
      fail(0, "every request has prompt and output tokens");
    }
    if (t_.header.block_size > 0 && t_.blocks.rows() != t_.rows()) {
      fail(0, "a trace with a block size names the blocks of every request");
    }
  }

 private:
  [[noreturn]] void fail(std::size_t row, const char* law) const {
    throw OutsideError(fmt::format("{}: row {}: broken: {}; kvern trace import makes a new one",
                                   file_, first_ + row, law));
  }
  template <class Column, class Holds>
  void each(const char* law, const Column& column, Holds holds) const {
    for (std::size_t i = 0; i < column.size(); ++i) {
      if (!holds(i)) fail(i, law);
    }
  }
  bool earlier(std::int64_t row, std::size_t i, std::int64_t least) const {
    return row >= least && row < static_cast<std::int64_t>(first_ + i);
  }
  void names(const char* what, const std::vector<std::uint16_t>& column,
             const std::vector<std::string>& dictionary) const {
    for (std::size_t i = 0; i < column.size(); ++i) {
      if (column[i] < std::max<std::size_t>(1, dictionary.size())) continue;
      throw OutsideError(fmt::format("{}: row {}: there is no {} {} in the dictionary", file_,
                                     first_ + i, what, column[i]));
    }
  }
  // Waiting for earlier rows alone, no circle can be.
  void waits() const {
    for (std::size_t i = 0; i + 1 < t_.waits_offset.size(); ++i) {
      for (std::uint64_t w = t_.waits_offset[i]; w < t_.waits_offset[i + 1]; ++w) {
        if (!earlier(t_.waits_on[w], i, 0)) fail(i, "a request waits for earlier rows only");
      }
    }
  }

  const Trace& t_;
  std::uint64_t first_;
  const std::string& file_;
};

}  // namespace

void check_offsets(std::span<const std::uint64_t> offsets, const std::string& file,
                   const std::string& column) {
  if (std::is_sorted(offsets.begin(), offsets.end())) return;
  throw OutsideError(fmt::format("{}: {} falls", file, column));
}

void check_ids(std::span<const std::uint32_t> ids, std::uint32_t distinct,
               const std::string& file) {
  for (const std::uint32_t id : ids) {
    if (id < distinct) continue;
    throw OutsideError(fmt::format("{}: /blocks/id {} is beyond distinct_blocks", file, id));
  }
}

void check_rows(const Trace& window, std::uint64_t first, const std::string& file) {
  RowCheck(window, first, file).all();
}

}  // namespace kvern
