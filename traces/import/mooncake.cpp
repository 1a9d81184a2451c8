// Mooncake traces (github.com/kvcache-ai/Mooncake): timestamp ms, input_length, output_length,
// hash_ids of 512-token blocks, the last one perhaps partial; ids name whole prefixes. Other tools
// write the same with more keys: session_id and delay (a turn without a timestamp follows the one
// before it), request_id, wait_for, delay_ms and tool_wait_ms (a graph of requests), priority. Ids
// beyond the prompt are those of the blocks that its answer fills.
//
// Some write what a turn adds (delta): its prompt is then the whole turn before it and that. Its
// ids, too, are those of the addition alone, so blocks behind the context before are named by what
// is known of their content: the turn before, whose answer nobody else has, and the ids that they
// touch.
#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "traces/import/importers.h"
#include "traces/import/json_rows.h"

namespace kvern {

namespace {

struct Turn {
  std::int64_t row = -1;  // number of its add()
  SimTime arrival = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
  std::vector<std::uint32_t> names;  // of the full blocks of its prompt, in a file of additions

  std::int64_t context_tokens() const { return prompt_tokens + output_tokens; }
};

// Lengths are bounded so that sums of a session's can be made.
constexpr std::int64_t kMostTurnTokens = std::int64_t{1} << 31;

// Whether the turns of a file are what they add: none of the later ones could hold the one before
// it, for it is too short or has other blocks. A look through the file; few have turns at all.
bool turns_are_additions(const std::string& path, const ImportOptions& options) {
  ByteSource source(path);
  LineReader lines(source);
  JsonLine json;
  const std::int64_t size = options.block_size > 0 ? options.block_size : 512;
  struct Before {
    std::int64_t context = 0;
    std::vector<std::string> full;
  };
  absl::flat_hash_map<std::string, Before> sessions;
  bool any = false;
  for (std::string_view line; lines.next(line);) {
    if (line.find("\"session_id\"") == std::string_view::npos || !json.parse(line)) continue;
    const JsonValue root = json.root();
    const std::int64_t prompt = root.find("input_length").integer().value_or(-1);
    const std::int64_t output = root.find("output_length").integer().value_or(-1);
    if (root.find("session_id").absent() || prompt < 0 || prompt > kMostTurnTokens || output < 0 ||
        output > kMostTurnTokens) {
      continue;
    }
    std::vector<std::string> ids;
    const JsonValue list = root.find("hash_ids");
    for (JsonValue id = list.first(); id; id = list.next(id)) ids.emplace_back(id.text());
    const auto [before, is_first] =
        sessions.try_emplace(std::string(root.find("session_id").text()));
    Before& last = before->second;
    const bool unlike = !ids.empty() && !last.full.empty() &&
                        (ids.size() < last.full.size() ||
                         !std::equal(last.full.begin(), last.full.end(), ids.begin()));
    if (!is_first && prompt >= last.context && !unlike) return false;
    any = any || !is_first;
    ids.resize(std::min<std::size_t>(ids.size(), static_cast<std::size_t>(prompt / size)));
    last = {prompt + output, std::move(ids)};
  }
  return any;
}

class Mooncake {
 public:
  Mooncake(ByteSource& source, const ImportOptions& options, TraceBuilder& trace)
      : options_(options),
        trace_(trace),
        block_size_(options.block_size > 0 ? options.block_size : 512),
        delta_(options.delta ? *options.delta : turns_are_additions(source.path(), options)),
        rows_(source, trace,
              {"timestamp", "input_length", "output_length", "hash_ids", "session_id", "delay",
               "request_id", "wait_for", "delay_ms", "tool_wait_ms"}) {}

  void read() {
    trace_.header.chained = delta_;
    if (delta_ && !options_.delta) {
      trace_.row_log().note(
          "no turn could hold the one before it: input_length is taken for what a turn adds (the "
          "option delta = false takes it for the whole prompt)");
    }
    while (rows_.next()) {
      TraceRow row;
      waits_.clear();
      added_ = nullptr;
      if (read_lengths(row) && read_order(row) && read_blocks(row)) keep(row);
    }
  }

 private:
  bool read_lengths(TraceRow& row) {
    if (!rows_.count(rows_.root(), "input_length", row.prompt_tokens) ||
        !rows_.count(rows_.root(), "output_length", row.output_tokens)) {
      return false;
    }
    return row.prompt_tokens <= kMostTurnTokens ||
           rows_.bad("input_length", rows_.root().find("input_length"), "must be 1 .. 2^31");
  }

  // Adds an optional time in ms to `into`.
  bool add_delay(const char* key, SimTime& into) {
    SimTime delay = 0;
    if (rows_.root().find(key).absent()) return true;
    if (!rows_.time(rows_.root(), key, 6, delay)) return false;
    into += delay;  // three at most
    return true;
  }

  bool read_order(TraceRow& row) {
    const JsonValue root = rows_.root();
    for (const char* key : {"delay", "delay_ms", "tool_wait_ms"}) {
      if (!add_delay(key, row.delay_ns)) return false;
    }
    SimTime ready = 0;
    const JsonValue wait_for = root.find("wait_for");
    for (JsonValue item = wait_for.first(); item; item = wait_for.next(item)) {
      const auto found = requests_.find(std::string(item.text()));
      if (found == requests_.end()) return rows_.bad("wait_for", item, "no such earlier request");
      waits_.push_back(found->second.row);
      ready = std::max(ready, found->second.arrival);
    }
    const JsonValue session = root.find("session_id");
    if (!session.absent()) {
      const auto next = static_cast<std::int64_t>(sessions_.size());
      row.session = sessions_.try_emplace(std::string(session.text()), next).first->second;
      if (row.session == next) turns_.emplace_back();
      const Turn& before = turns_[static_cast<std::size_t>(row.session)];
      row.parent = before.row;
      if (delta_ && before.row >= 0) {
        added_ = &before;
        row.prompt_tokens += before.context_tokens();
      }
      if (before.row >= 0 && root.find("timestamp").absent() && waits_.empty()) {
        waits_.push_back(before.row);
        ready = before.arrival;
      }
    }
    if (waits_.empty() || !root.find("timestamp").absent()) {
      if (waits_.empty()) row.delay_ns = 0;
      return rows_.time(root, "timestamp", 6, row.arrival_ns);
    }
    trace_.header.clock = "synthesised";  // as if answers took no time
    row.waits = waits_;
    if (!__builtin_add_overflow(ready, row.delay_ns, &row.arrival_ns)) return true;
    return rows_.bad("delay", root.find("delay"), "times overflow");
  }

  bool read_blocks(TraceRow& row) {
    row.waits = waits_;
    hashes_.clear();
    if (!rows_.root().find("hash_ids").absent() &&
        !rows_.hashes(rows_.root(), "hash_ids", hashes_)) {
      return false;
    }
    blocks_.clear();
    if (added_ != nullptr) {
      if (!name_addition(row)) return false;
    } else {
      std::uint32_t previous = BlockNames::kRoot;
      for (const std::uint64_t hash : hashes_) {
        previous = options_.chain ? names_.chained(previous, hash) : names_.of(hash);
        blocks_.push_back(previous);
      }
    }
    row.blocks = blocks_;
    if (blocks_.empty()) return true;
    trace_.header.block_size = block_size_;
    trace_.header.block_rule = BlockRule::Ceil;
    return true;
  }

  // The blocks of a turn that adds to the one before it.
  bool name_addition(const TraceRow& row) {
    const std::int64_t size = block_size_;
    const std::int64_t context = added_->context_tokens();
    const std::int64_t due = (row.prompt_tokens - context + size - 1) / size;
    if (!hashes_.empty() && std::ssize(hashes_) != due) {
      return rows_.bad("hash_ids", rows_.root().find("input_length"),
                       "an addition of so many tokens has another number of blocks");
    }
    // Nothing is known of the beginning.
    if (std::ssize(added_->names) != added_->prompt_tokens / size) return true;
    blocks_ = added_->names;
    std::uint32_t previous = blocks_.empty() ? BlockNames::kRoot : blocks_.back();
    for (std::int64_t start = std::ssize(blocks_) * size; start < row.prompt_tokens;
         start += size) {
      content_ = {static_cast<std::uint64_t>(added_->row), static_cast<std::uint64_t>(start)};
      const std::int64_t end = std::min(start + size, row.prompt_tokens);
      if (hashes_.empty()) content_.push_back(static_cast<std::uint64_t>(trace_.rows()));
      for (std::int64_t i = std::max(start - context, std::int64_t{0}) / size;
           i < std::ssize(hashes_) && context + i * size < end; ++i) {
        content_.push_back(hashes_[static_cast<std::size_t>(i)]);
      }
      previous =
          names_.chained(previous, std::string_view(reinterpret_cast<const char*>(content_.data()),
                                                    content_.size() * sizeof content_[0]));
      blocks_.push_back(previous);
    }
    return true;
  }

  void keep(const TraceRow& row) {
    Turn turn{trace_.rows(), row.arrival_ns, row.prompt_tokens, row.output_tokens, {}};
    if (!trace_.add(row)) return;
    const JsonValue id = rows_.root().find("request_id");
    if (!id.absent()) requests_[std::string(id.text())] = turn;
    if (row.session < 0) return;
    const auto full = static_cast<std::size_t>(row.prompt_tokens) / block_size_;
    if (delta_ && blocks_.size() >= full) {
      turn.names.assign(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(full));
    }
    turns_[static_cast<std::size_t>(row.session)] = std::move(turn);
  }

  const ImportOptions& options_;
  TraceBuilder& trace_;
  std::uint32_t block_size_;
  bool delta_;
  JsonRows rows_;
  BlockNames names_;
  absl::flat_hash_map<std::string, std::int64_t> sessions_;
  absl::flat_hash_map<std::string, Turn> requests_;
  std::vector<Turn> turns_;  // the last one of each session
  std::vector<std::int64_t> waits_;
  const Turn* added_ = nullptr;  // the turn that this row adds to
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> content_;
  std::vector<std::uint32_t> blocks_;
};

}  // namespace

void import_mooncake(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  Mooncake(source, options, trace).read();
}

}  // namespace kvern
