// Rows in any order become a lawful trace: sorted, re-based, with dense ids. Importers and
// generators write here.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/issues.h"
#include "traces/import/row_log.h"
#include "traces/replay/trace.h"

namespace kvern {

// The longest time of a source that is read: 73 years, so that sums of four of them fit.
inline constexpr SimTime kLongestTime = (SimTime{1} << 61) - 1;

// A request as its source tells it. References to other rows are numbers of add() calls, from 0.
struct TraceRow {
  SimTime arrival_ns = 0;  // on any clock common to the rows; for an epoch, from 1970 UTC
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t session = -1;  // equal numbers = one session
  std::string_view tenant;
  std::string_view language;
  std::string_view category;
  std::int64_t parent = -1;
  SimTime delay_ns = 0;
  std::span<const std::int64_t> waits;
  // Equal number = equal prefix; the highest one costs 4 bytes a number to renumber. Empty: the
  // prompt's blocks are nobody else's. More than the prompt has: they go on with those that its
  // answer fills, and the block in which the prompt ends is then named as the answer leaves it.
  std::span<const std::uint32_t> blocks;
};

class TraceBuilder {
 public:
  explicit TraceBuilder(RowLog& log) : log_(&log) {}

  TraceHeader header;         // set before the first add(); distinct_blocks, epoch_utc are found
  bool clock_is_utc = false;  // arrivals count from 1970

  // False when the row breaks a law of its own (no prompt tokens, wrong number of blocks ...): then
  // it is logged as bad and left out.
  bool add(const TraceRow& row);
  // Rows so far: what references to the next row must say.
  std::int64_t rows() const { return static_cast<std::int64_t>(arrival_.size()); }
  RowLog& row_log() { return *log_; }

  // Sorts by (arrival, order of add), re-bases, renumbers blocks, sessions and names in first-seen
  // order, checks the laws of the whole, names the answers that later turns repeat. Errors: no
  // rows; an id with two predecessors; a request that waits for a later one. To be called once.
  std::optional<Trace> finish(Issues& issues);

 private:
  struct Names {
    std::vector<std::string> names{""};
    absl::flat_hash_map<std::string, std::uint16_t> index{{"", std::uint16_t{0}}};
    std::vector<std::uint16_t> column;
  };
  using Order = std::vector<std::uint32_t>;  // sorted row -> number of its add()

  bool lawful(const TraceRow& row);
  void add_blocks(const TraceRow& row);
  void add_references(const TraceRow& row);
  std::optional<std::uint16_t> name(Names& names, std::string_view text, const char* column);
  static void add_name(Names& names, std::uint16_t id, std::size_t rows);
  Order sorted() const;
  static void order_names(const Names& names, const Order& order,
                          std::vector<std::uint16_t>& column, std::vector<std::string>& dictionary);
  void order_sessions(const Order& order, Trace& trace) const;
  bool order_references(const Order& order, Trace& trace, Issues& issues) const;
  bool order_blocks(const Order& order, Trace& trace, Issues& issues) const;

  RowLog* log_;
  std::vector<SimTime> arrival_;
  std::vector<std::uint32_t> prompt_;
  std::vector<std::uint32_t> output_;
  std::vector<std::int64_t> source_row_;
  // These stay empty until a row needs them, and are then filled up.
  std::vector<std::int64_t> session_;
  std::vector<std::int64_t> parent_;
  std::vector<SimTime> delay_;            // with waits
  std::vector<std::uint64_t> waits_end_;  // of each row, in waits_
  std::vector<std::int64_t> waits_;
  PackedIds blocks_;   // of the prompts
  PackedIds answers_;  // those beyond
  std::uint64_t unnamed_rows_ = 0;
  std::uint32_t highest_block_ = 0;
  Names tenants_;
  Names languages_;
  Names categories_;
};

}  // namespace kvern
