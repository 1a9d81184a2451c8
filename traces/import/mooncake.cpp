// Mooncake traces (github.com/kvcache-ai/Mooncake): timestamp ms, input_length, output_length,
// hash_ids of 512-token blocks, the last one perhaps partial; ids name whole prefixes. Other tools
// write the same with more keys: session_id and delay (a turn without a timestamp follows the one
// before it), request_id, wait_for, delay_ms and tool_wait_ms (a graph of requests), priority.
#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "traces/import/importers.h"
#include "traces/import/json_rows.h"

namespace kvern {

namespace {

struct Turn {
  std::int64_t row = -1;  // number of its add()
  SimTime arrival = 0;
  std::int64_t context_tokens = 0;  // prompt + output
};

class Mooncake {
 public:
  Mooncake(ByteSource& source, const ImportOptions& options, TraceBuilder& trace)
      : options_(options),
        trace_(trace),
        rows_(source, trace,
              {"timestamp", "input_length", "output_length", "hash_ids", "session_id", "delay",
               "request_id", "wait_for", "delay_ms", "tool_wait_ms"}) {}

  void read() {
    while (rows_.next()) {
      TraceRow row;
      waits_.clear();
      if (read_lengths(row) && read_order(row) && read_blocks(row)) keep(row);
    }
  }

 private:
  bool read_lengths(TraceRow& row) {
    return rows_.count(rows_.root(), "input_length", row.prompt_tokens) &&
           rows_.count(rows_.root(), "output_length", row.output_tokens);
  }

  // Adds an optional time in ms to `into`.
  bool add_delay(const char* key, SimTime& into) {
    SimTime delay = 0;
    if (rows_.root().find(key).absent()) return true;
    if (!rows_.time(rows_.root(), key, 6, delay)) return false;
    into += delay;
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
      if (options_.delta) row.prompt_tokens += before.context_tokens;
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
    row.arrival_ns = ready + row.delay_ns;
    row.waits = waits_;
    return true;
  }

  bool read_blocks(TraceRow& row) {
    row.waits = waits_;
    if (rows_.root().find("hash_ids").absent()) return true;
    if (!rows_.ids(rows_.root(), "hash_ids", hashes_)) return false;
    if (trace_.rows() == 0) {
      trace_.header.block_size = options_.block_size > 0 ? options_.block_size : 512;
      trace_.header.block_rule = BlockRule::Ceil;
    }
    blocks_.clear();
    std::uint32_t previous = BlockNames::kRoot;
    for (const std::int64_t hash : hashes_) {
      previous = options_.chain ? names_.chained(previous, hash) : names_.of(hash);
      blocks_.push_back(previous);
    }
    row.blocks = blocks_;
    return true;
  }

  void keep(const TraceRow& row) {
    const Turn turn{trace_.rows(), row.arrival_ns, row.prompt_tokens + row.output_tokens};
    if (!trace_.add(row)) return;
    if (row.session >= 0) turns_[static_cast<std::size_t>(row.session)] = turn;
    const JsonValue id = rows_.root().find("request_id");
    if (!id.absent()) requests_[std::string(id.text())] = turn;
  }

  const ImportOptions& options_;
  TraceBuilder& trace_;
  JsonRows rows_;
  BlockNames names_;
  absl::flat_hash_map<std::string, std::int64_t> sessions_;
  absl::flat_hash_map<std::string, Turn> requests_;
  std::vector<Turn> turns_;  // the last one of each session
  std::vector<std::int64_t> waits_;
  std::vector<std::int64_t> hashes_;
  std::vector<std::uint32_t> blocks_;
};

}  // namespace

void import_mooncake(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  Mooncake(source, options, trace).read();
}

}  // namespace kvern
