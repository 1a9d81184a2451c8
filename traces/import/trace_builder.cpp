#include "traces/import/trace_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "traces/import/civil_time.h"
#include "traces/replay/turns.h"

namespace kvern {

namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 31;
// 126 years either way: sums of two such times still fit.
constexpr SimTime kLatest = 4'000'000'000 * kSecond;
constexpr std::uint32_t kUnseen = UINT32_MAX;
constexpr std::size_t kMostRows = INT32_MAX;  // rows are int32 in the trace file

// Puts a column in order; it is moved where it is already.
template <class T>
std::vector<T> reordered(std::vector<T>& column, const std::vector<std::uint32_t>& order,
                         bool in_order) {
  if (in_order) return std::move(column);
  std::vector<T> out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[i] = column[order[i]];
  column = {};
  return out;
}

}  // namespace

bool TraceBuilder::lawful(const TraceRow& row) {
  const auto refuse = [&](const char* column, std::int64_t value, std::string_view what) {
    log_->bad(column, std::to_string(value), what);
    return false;
  };
  if (row.prompt_tokens < 1 || row.prompt_tokens > kMostTokens) {
    return refuse("prompt tokens", row.prompt_tokens, "must be 1 .. 2^31");
  }
  if (row.output_tokens < 0 || row.output_tokens > kMostTokens) {
    return refuse("output tokens", row.output_tokens, "must be 0 .. 2^31");
  }
  if (row.arrival_ns > kLatest || row.arrival_ns < -kLatest) {
    return refuse("arrival", row.arrival_ns, "ns are more than 126 years");
  }
  if (row.delay_ns < 0) return refuse("delay", row.delay_ns, "must not be negative");
  if (row.delay_ns > kLatest) return refuse("delay", row.delay_ns, "ns are more than 126 years");
  if (row.blocks.empty()) return true;
  const std::uint64_t due = header.blocks_of(static_cast<std::uint64_t>(row.prompt_tokens));
  const auto context = static_cast<std::uint64_t>(row.prompt_tokens + row.output_tokens);
  const std::uint64_t most = (context + header.block_size - 1) / header.block_size;
  if (row.blocks.size() < due || row.blocks.size() > most) {
    return refuse("blocks", static_cast<std::int64_t>(row.blocks.size()),
                  fmt::format("a prompt of {} tokens has {} blocks of {}, with its answer {}",
                              row.prompt_tokens, due, header.block_size, most));
  }
  return true;
}

std::optional<std::uint16_t> TraceBuilder::name(Names& names, std::string_view text,
                                                const char* column) {
  if (text.empty()) return 0;
  const auto found = names.index.find(std::string(text));
  if (found != names.index.end()) return found->second;
  if (names.names.size() > UINT16_MAX) {
    log_->bad(column, text, "more than 65,535 different names");
    return std::nullopt;
  }
  const auto id = static_cast<std::uint16_t>(names.names.size());
  names.index.emplace(text, id);
  names.names.emplace_back(text);
  return id;
}

void TraceBuilder::add_references(const TraceRow& row) {
  const std::size_t rows = arrival_.size();
  if (row.session >= 0 || !session_.empty()) {
    session_.resize(rows, -1);
    session_.back() = row.session;
  }
  if (row.parent >= 0 || !parent_.empty()) {
    parent_.resize(rows, -1);
    parent_.back() = row.parent;
  }
  if (row.waits.empty() && waits_.empty()) return;
  delay_.resize(rows, 0);
  delay_.back() = row.delay_ns;
  waits_end_.resize(rows, waits_.size());
  waits_.insert(waits_.end(), row.waits.begin(), row.waits.end());
  waits_end_.back() = waits_.size();
}

void TraceBuilder::add_name(Names& names, std::uint16_t id, std::size_t rows) {
  if (id == 0 && names.column.empty()) return;
  names.column.resize(rows, 0);
  names.column.back() = id;
}

// Rows that came before the first one with names have none.
void TraceBuilder::add_blocks(const TraceRow& row) {
  unnamed_rows_ += row.blocks.empty() ? 1 : 0;
  if (header.block_size == 0) return;
  while (blocks_.rows() + 1 < arrival_.size()) blocks_.add_row({});
  const std::uint64_t due = header.blocks_of(static_cast<std::uint64_t>(row.prompt_tokens));
  const std::size_t in_prompt = std::min<std::size_t>(row.blocks.size(), due);
  blocks_.add_row(row.blocks.first(in_prompt));
  for (const std::uint32_t id : row.blocks) highest_block_ = std::max(highest_block_, id);
  if (in_prompt == row.blocks.size()) return;
  while (answers_.rows() + 1 < arrival_.size()) answers_.add_row({});
  const auto full = static_cast<std::size_t>(row.prompt_tokens) / header.block_size;
  answers_.add_row(row.blocks.subspan(full));
}

bool TraceBuilder::add(const TraceRow& row) {
  if (!lawful(row)) return false;
  const auto tenant = name(tenants_, row.tenant, "tenant");
  const auto language = name(languages_, row.language, "language");
  const auto category = name(categories_, row.category, "category");
  if (!tenant || !language || !category) return false;
  if (arrival_.size() == kMostRows) {
    log_->fatal("more than 2^31 - 1 requests");
    return false;
  }
  arrival_.push_back(row.arrival_ns);
  prompt_.push_back(static_cast<std::uint32_t>(row.prompt_tokens));
  output_.push_back(static_cast<std::uint32_t>(row.output_tokens));
  source_row_.push_back(log_->line());
  add_references(row);
  add_name(tenants_, *tenant, arrival_.size());
  add_name(languages_, *language, arrival_.size());
  add_name(categories_, *category, arrival_.size());
  add_blocks(row);
  return true;
}

TraceBuilder::Order TraceBuilder::sorted() const {
  Order order(arrival_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [this](std::uint32_t a, std::uint32_t b) { return arrival_[a] < arrival_[b]; });
  return order;
}

void TraceBuilder::order_names(const Names& names, const Order& order,
                               std::vector<std::uint16_t>& column,
                               std::vector<std::string>& dictionary) {
  if (names.column.empty()) return;  // nothing is known: no column
  std::vector<std::uint16_t> renumbered(names.names.size(), 0);
  dictionary = {""};
  for (const std::uint32_t from : order) {
    const std::uint16_t old = names.column[from];
    if (old != 0 && renumbered[old] == 0) {
      renumbered[old] = static_cast<std::uint16_t>(dictionary.size());
      dictionary.push_back(names.names[old]);
    }
    column.push_back(renumbered[old]);
  }
}

void TraceBuilder::order_sessions(const Order& order, Trace& trace) const {
  if (session_.empty()) return;
  absl::flat_hash_map<std::int64_t, std::int32_t> dense;
  std::vector<std::uint32_t> turns;  // so far, of each dense session
  for (const std::uint32_t from : order) {
    if (session_[from] < 0) {
      trace.session.push_back(-1);
      trace.turn.push_back(0);
      continue;
    }
    const auto next = static_cast<std::int32_t>(turns.size());
    const auto [found, is_new] = dense.try_emplace(session_[from], next);
    if (is_new) turns.push_back(0);
    trace.session.push_back(found->second);
    trace.turn.push_back(turns[static_cast<std::size_t>(found->second)]++);
  }
}

bool TraceBuilder::order_references(const Order& order, Trace& trace, Issues& issues) const {
  if (waits_.empty() && parent_.empty()) return true;
  std::vector<std::int32_t> rank(order.size());
  for (std::size_t row = 0; row < order.size(); ++row) {
    rank[order[row]] = static_cast<std::int32_t>(row);
  }
  if (!waits_.empty()) trace.waits_offset.push_back(0);
  for (std::size_t row = 0; row < order.size(); ++row) {
    const std::uint32_t from = order[row];
    const auto earlier = [&](std::int64_t other, const char* what) {
      const std::int32_t place = rank[static_cast<std::size_t>(other)];
      if (place < static_cast<std::int32_t>(row)) return place;
      issues.error({log_->file(), static_cast<int>(source_row_[from]), 0},
                   fmt::format("the request {} one that arrives later", what));
      return std::int32_t{-1};
    };
    if (!parent_.empty()) {
      trace.parent.push_back(parent_[from] < 0 ? -1 : earlier(parent_[from], "continues"));
    }
    if (waits_.empty()) continue;
    for (std::uint64_t i = from == 0 ? 0 : waits_end_[from - 1]; i < waits_end_[from]; ++i) {
      trace.waits_on.push_back(earlier(waits_[i], "waits for"));
    }
    std::sort(trace.waits_on.begin() + static_cast<std::ptrdiff_t>(trace.waits_offset.back()),
              trace.waits_on.end());
    trace.waits_offset.push_back(trace.waits_on.size());
  }
  return !issues.any_error();
}

// Dense in first-seen order; every id must have exactly one predecessor (kUnseen + 1 = 0 stands for
// "heads a prompt", else the predecessor's id + 1).
bool TraceBuilder::order_blocks(const Order& order, Trace& trace, Issues& issues) const {
  if (header.block_size == 0) return true;
  std::vector<std::uint32_t> dense(std::size_t{highest_block_} + 1, kUnseen);
  std::vector<std::uint32_t> before;
  std::vector<std::uint32_t> ids;
  // False, with an issue, when an id follows two.
  const auto renumber = [&](std::uint32_t from, std::uint32_t previous) {
    for (std::uint32_t& id : ids) {
      std::uint32_t& renumbered = dense[id];
      if (renumbered == kUnseen) {
        renumbered = static_cast<std::uint32_t>(before.size());
        before.push_back(previous);
      } else if (before[renumbered] != previous) {
        issues.error({log_->file(), static_cast<int>(source_row_[from]), 0},
                     fmt::format("block id {} follows two different ids: it names content, not a "
                                 "whole prefix",
                                 id),
                     "--set chain=true, or import = { chain = true } in [workload], makes prefixes "
                     "of contents");
        return false;
      }
      previous = id = renumbered;
    }
    return true;
  };
  for (const std::uint32_t from : order) {
    blocks_.read(from, ids);
    if (!renumber(from, kUnseen)) return false;
    trace.blocks.add_row(ids);
    if (answers_.rows() == 0) continue;
    const std::size_t full = prompt_[from] / header.block_size;
    const std::uint32_t previous = full > 0 && !ids.empty() ? ids[full - 1] : kUnseen;
    if (from < answers_.rows()) {
      answers_.read(from, ids);
      if (!renumber(from, previous)) return false;
    } else {
      ids.clear();
    }
    trace.answers.add_row(ids);
  }
  trace.header.distinct_blocks = static_cast<std::uint32_t>(before.size());
  return true;
}

std::optional<Trace> TraceBuilder::finish(Issues& issues) {
  if (arrival_.empty()) {
    issues.error({log_->file(), 0, 0}, "no requests");
    return std::nullopt;
  }
  const bool in_order = std::is_sorted(arrival_.begin(), arrival_.end());
  const Order order = sorted();
  Trace trace;
  trace.header = header;
  const SimTime first = arrival_[order[0]];
  SimTime span = 0;
  if (__builtin_sub_overflow(arrival_[order.back()], first, &span) || span > kLatest) {
    issues.error({log_->file(), 0, 0},
                 "the first and the last request are more than 100 years apart",
                 "is a time stamp in another unit, or damaged?");
    return std::nullopt;
  }
  if (clock_is_utc) trace.header.epoch_utc = date_time_text(first);
  order_sessions(order, trace);
  order_names(tenants_, order, trace.tenant, trace.tenants);
  order_names(languages_, order, trace.language, trace.languages);
  order_names(categories_, order, trace.category, trace.categories);
  if (!order_references(order, trace, issues) || !order_blocks(order, trace, issues)) {
    return std::nullopt;
  }
  trace.arrival_ns = reordered(arrival_, order, in_order);
  for (SimTime& time : trace.arrival_ns) time -= first;
  trace.prompt_tokens = reordered(prompt_, order, in_order);
  trace.output_tokens = reordered(output_, order, in_order);
  trace.source_row = reordered(source_row_, order, in_order);
  trace.delay_ns = delay_.empty() ? std::vector<SimTime>{} : reordered(delay_, order, in_order);
  if (header.block_size > 0 && unnamed_rows_ > 0) {
    issues.note({log_->file(), 0, 0},
                fmt::format("{} of {} requests name no blocks: nothing of theirs is found again",
                            unnamed_rows_, trace.rows()));
  }
  name_answers(trace);
  return trace;
}

}  // namespace kvern
