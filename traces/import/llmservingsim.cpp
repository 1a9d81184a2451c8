// LLMServingSim workloads (github.com/casys-kaist/LLMServingSim), four layouts, known by their
// keys:
//   original  input_toks, output_toks, arrival_time_ns, perhaps input_tok_ids
//   agentic   session_id, arrival_time_ns, sub_requests [input_toks, output_toks, tool_duration_ns]
//   derived   arrival_ns, prompt_tokens, output_tokens, block_ids
//   recorded  id, arrival_s, prompt, output, blocks (validation runs)
// Blocks hold 16 tokens, full ones only; of token ids (calls of the agentic layout may have them
// too) they are made here, by content, and with output_tok_ids those of the answer too.
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
    if (layout.blocks == kOriginal.blocks) {
      if (!name_tokens(root, row)) return;
    } else if (!root.find(layout.blocks).absent()) {
      if (!rows_.hashes(root, layout.blocks, hashes_)) return;
      blocks_.clear();
      for (const std::uint64_t hash : hashes_) blocks_.push_back(names_.of(hash));
      use_blocks(row);
    }
    trace_.add(row);
  }

  void use_blocks(TraceRow& row) {
    trace_.header.block_size = block_size_;
    trace_.header.block_rule = BlockRule::Floor;
    row.blocks = blocks_;
  }

  // Blocks of a request's token ids where it has some: of the prompt, and of the answer too where
  // its tokens are told. False when they are bad.
  bool name_tokens(JsonValue root, TraceRow& row) {
    if (root.find("input_tok_ids").absent()) return true;
    if (!rows_.ids(root, "input_tok_ids", ids_)) return false;
    if (std::ssize(ids_) != row.prompt_tokens) {
      return rows_.bad("input_tok_ids", root.find("input_toks"),
                       "input_toks is not the number of token ids");
    }
    if (!root.find("output_tok_ids").absent()) {
      if (!rows_.ids(root, "output_tok_ids", answer_ids_)) return false;
      // The last token is never computed, so it fills no block.
      if (!answer_ids_.empty()) answer_ids_.pop_back();
      ids_.insert(ids_.end(), answer_ids_.begin(), answer_ids_.end());
    }
    blocks_.clear();
    std::uint32_t previous = BlockNames::kRoot;
    for (std::size_t i = 0; i + block_size_ <= ids_.size(); i += block_size_) {
      const std::string_view bytes(reinterpret_cast<const char*>(ids_.data() + i),
                                   block_size_ * sizeof ids_[0]);
      previous = names_.chained(previous, bytes);
      blocks_.push_back(previous);
    }
    use_blocks(row);
    return true;
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
          !rows_.time(call, "tool_duration_ns", 0, tool) || !name_tokens(call, row)) {
        return;
      }
      if (__builtin_add_overflow(arrival, delay, &arrival)) {
        rows_.bad("tool_duration_ns", call.find("tool_duration_ns"), "times overflow");
        return;
      }
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
  std::vector<std::int64_t> answer_ids_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> blocks_;
};

}  // namespace

void import_llmservingsim(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  Workload(source, options, trace).read();
}

}  // namespace kvern
