// LLMServingSim workloads (github.com/casys-kaist/LLMServingSim), four layouts, known by their
// keys:
//   original  input_toks, output_toks, arrival_time_ns, perhaps input_tok_ids
//   agentic   session_id, arrival_time_ns, sub_requests [input_toks, output_toks, tool_duration_ns]
//   derived   arrival_ns, prompt_tokens, output_tokens, block_ids
//   recorded  id, arrival_s, prompt, output, blocks (validation runs)
// Blocks hold 16 tokens, full ones only; of token ids they are made here, by content.
#include "traces/import/importers.h"
#include "traces/import/json_rows.h"

namespace kvern {

namespace {

struct Layout {
  const char* arrival;
  int digits;  // of ns in the unit of arrival
  const char* prompt;
  const char* output;
  const char* blocks;
};
constexpr Layout kDerived = {"arrival_ns", 0, "prompt_tokens", "output_tokens", "block_ids"};
constexpr Layout kRecorded = {"arrival_s", 9, "prompt", "output", "blocks"};
constexpr Layout kOriginal = {"arrival_time_ns", 0, "input_toks", "output_toks", "input_tok_ids"};

class Workload {
 public:
  Workload(ByteSource& source, const ImportOptions& options, TraceBuilder& trace)
      : trace_(trace),
        block_size_(options.block_size > 0 ? options.block_size : 16),
        rows_(source, trace,
              {"arrival_ns", "prompt_tokens", "output_tokens", "block_ids", "id", "arrival_s",
               "prompt", "output", "blocks", "input_toks", "output_toks", "arrival_time_ns",
               "input_tok_ids", "output_tok_ids", "session_id", "sub_requests"}) {}

  void read() {
    while (rows_.next()) {
      const JsonValue root = rows_.root();
      if (root.find("sub_requests")) {
        read_session(root);
      } else {
        read_flat(root, root.find("arrival_ns")  ? kDerived
                        : root.find("arrival_s") ? kRecorded
                                                 : kOriginal);
      }
    }
  }

 private:
  void read_flat(JsonValue root, const Layout& layout) {
    TraceRow row;
    if (!rows_.time(root, layout.arrival, layout.digits, row.arrival_ns) ||
        !rows_.count(root, layout.prompt, row.prompt_tokens) ||
        !rows_.count(root, layout.output, row.output_tokens)) {
      return;
    }
    if (!root.find(layout.blocks).absent()) {
      if (!rows_.ids(root, layout.blocks, ids_)) return;
      if (trace_.rows() == 0) {
        trace_.header.block_size = block_size_;
        trace_.header.block_rule = BlockRule::Floor;
      }
      blocks_.clear();
      if (layout.blocks == kOriginal.blocks) {
        name_tokens();
      } else {
        for (const std::int64_t id : ids_) blocks_.push_back(names_.of(id));
      }
      row.blocks = blocks_;
    }
    trace_.add(row);
  }

  // Blocks of the token ids in ids_.
  void name_tokens() {
    std::uint32_t previous = BlockNames::kRoot;
    for (std::size_t i = 0; i + block_size_ <= ids_.size(); i += block_size_) {
      const std::string_view bytes(reinterpret_cast<const char*>(ids_.data() + i),
                                   block_size_ * sizeof ids_[0]);
      previous = names_.chained(previous, bytes);
      blocks_.push_back(previous);
    }
  }

  // Call i waits for call i-1 and then for the tool that it started. When it was made is not told:
  // its arrival is as if answers took no time.
  void read_session(JsonValue root) {
    SimTime arrival = 0;
    if (!rows_.time(root, "arrival_time_ns", 0, arrival)) return;
    const std::int64_t session = sessions_++;
    std::int64_t before = -1;
    SimTime delay = 0;
    const JsonValue calls = root.find("sub_requests");
    trace_.header.clock = "synthesised";
    for (JsonValue call = calls.first(); call; call = calls.next(call)) {
      TraceRow row;
      SimTime tool = 0;
      if (!rows_.count(call, "input_toks", row.prompt_tokens) ||
          !rows_.count(call, "output_toks", row.output_tokens) ||
          !rows_.time(call, "tool_duration_ns", 0, tool)) {
        return;
      }
      arrival += delay;
      row.arrival_ns = arrival;
      row.session = session;
      row.parent = before;
      row.delay_ns = delay;
      if (before >= 0) row.waits = {&before, 1};
      const std::int64_t number = trace_.rows();
      if (!trace_.add(row)) return;
      before = number;
      delay = tool;
    }
  }

  TraceBuilder& trace_;
  std::uint32_t block_size_;
  JsonRows rows_;
  BlockNames names_;
  std::int64_t sessions_ = 0;
  std::vector<std::int64_t> ids_;
  std::vector<std::uint32_t> blocks_;
};

}  // namespace

void import_llmservingsim(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  Workload(source, options, trace).read();
}

}  // namespace kvern
