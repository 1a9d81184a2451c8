// WEKA kv-cache-tester agent sessions (github.com/callanjfox/kv-cache-tester), one session a line,
// block ids packed: b = [k, s1, n1, ...] is the first k ids of the previous request in the same
// list, then s1 .. s1+n1-1, and so on. Blocks hold 64 tokens, full ones only; ids are local to a
// session. A main request waits for the main one before it and for the sub-agents completed since,
// a sub-agent's first for the main request before its launch, its others for their predecessors. A
// completed sub-agent's entry stands at its end, a launched one's at its launch. No session says
// when it began: session k is put at k x session_gap.
#include <algorithm>

#include "traces/import/importers.h"
#include "traces/import/json_rows.h"

namespace kvern {

namespace {

constexpr SimTime kLatestStart = 2'000'000'000 * kSecond;

struct Call {
  std::int64_t row = -1;  // number of its add()
  SimTime start = 0;
  SimTime end = 0;
};

class Sessions {
 public:
  Sessions(ByteSource& source, const ImportOptions& options, TraceBuilder& trace)
      : trace_(trace),
        gap_(options.session_gap.ns),
        rows_(source, trace, {"id", "block_size", "requests", "tool_tokens", "system_tokens"}) {
    trace_.header.block_rule = BlockRule::Floor;
  }

  void read() {
    while (rows_.next()) {
      std::int64_t block_size = 0;
      if (!rows_.count(rows_.root(), "block_size", block_size)) continue;
      if (block_size < 1 || block_size >= UINT32_MAX) {
        rows_.bad("block_size", rows_.root().find("block_size"), "not a number of tokens");
        continue;
      }
      if (trace_.rows() == 0) trace_.header.block_size = static_cast<std::uint32_t>(block_size);
      if (trace_.header.block_size != block_size) {
        rows_.bad("block_size", rows_.root().find("block_size"), "differs from earlier sessions");
        continue;
      }
      read_session(rows_.root().find("requests"));
      ++session_;
      first_id_ += highest_id_ + 1;
      highest_id_ = 0;
    }
  }

 private:
  void read_session(JsonValue requests) {
    SimTime start = 0;
    if (__builtin_mul_overflow(session_, gap_, &start) || start > kLatestStart) {
      trace_.row_log().fatal("the sessions begin more than 63 years after the first one",
                             "--set session_gap=\"1 s\" puts them closer");
      return;
    }
    std::vector<Call> mains;
    std::vector<Call> completed;  // sub-agents since the last main request
    std::vector<std::uint32_t> ids;
    for (JsonValue item = requests.first(); item; item = requests.next(item)) {
      if (item.find("type").text() == "subagent") {
        if (!read_sub_agent(item, start, mains, completed)) return;
        continue;
      }
      std::vector<Call> before = completed;
      if (!mains.empty()) before.push_back(mains.back());
      Call call;
      if (!read_call(item, start, before, mains.empty() ? -1 : mains.back().row, "main", ids,
                     call)) {
        return;
      }
      mains.push_back(call);
      completed.clear();
    }
  }

  bool read_sub_agent(JsonValue entry, SimTime start, const std::vector<Call>& mains,
                      std::vector<Call>& completed) {
    const bool is_completed = entry.find("status").text() == "completed";
    SimTime launch = 0;
    SimTime duration = 0;
    if (!rows_.time(entry, "t", 9, launch)) return false;
    if (is_completed && !rows_.time(entry, "duration_ms", 6, duration)) return false;
    launch += start - duration;
    std::vector<Call> before;
    for (const Call& main : mains) {
      if (main.start <= launch) before = {main};
    }
    std::vector<std::uint32_t> ids;
    Call call;
    const JsonValue requests = entry.find("requests");
    for (JsonValue item = requests.first(); item; item = requests.next(item)) {
      if (!read_call(item, launch, before, call.row, "sub-agent", ids, call)) return false;
      before = {call};
    }
    if (is_completed && call.row >= 0) completed.push_back(call);
    return true;
  }

  // `ids` are those of the previous request in the list, and then of this one.
  bool read_call(JsonValue item, SimTime origin, const std::vector<Call>& before,
                 std::int64_t parent, const char* category, std::vector<std::uint32_t>& ids,
                 Call& call) {
    TraceRow row;
    SimTime duration = 0;
    if (!rows_.time(item, "t", 9, row.arrival_ns) || !rows_.count(item, "in", row.prompt_tokens) ||
        !rows_.count(item, "out", row.output_tokens) ||
        !unpack(item, row.prompt_tokens, row.output_tokens, ids) ||
        (!item.find("api_time").absent() && !rows_.time(item, "api_time", 9, duration))) {
      return false;
    }
    row.arrival_ns += origin;
    row.session = session_;
    row.parent = parent;
    row.category = category;
    row.blocks = ids;
    std::vector<std::int64_t> waits;
    SimTime ready = INT64_MIN;
    for (const Call& other : before) {
      waits.push_back(other.row);
      ready = std::max(ready, other.end);
    }
    row.waits = waits;
    SimTime pause = 0;
    if (!before.empty() && __builtin_sub_overflow(row.arrival_ns, ready, &pause)) {
      return rows_.bad("t", item.find("t"), "times overflow");
    }
    row.delay_ns = std::max<SimTime>(0, pause);
    const std::int64_t number = trace_.rows();
    if (!trace_.add(row)) return false;
    call = {number, row.arrival_ns, row.arrival_ns + duration};
    return true;
  }

  // Of a request of so many tokens, which bounds how many blocks its list can stand for.
  bool unpack(JsonValue item, std::int64_t prompt, std::int64_t output,
              std::vector<std::uint32_t>& ids) {
    if (!rows_.ids(item, "b", packed_)) return false;
    const auto bad = [&] { return rows_.bad("b", item.find("b"), "not a packed list of blocks"); };
    constexpr std::int64_t most_tokens = std::int64_t{1} << 31;
    const std::int64_t tokens = std::clamp<std::int64_t>(prompt, 0, most_tokens) +
                                std::clamp<std::int64_t>(output, 0, most_tokens);
    std::int64_t left = tokens / trace_.header.block_size + 1;
    if (packed_.size() % 2 != 1 || packed_[0] < 0 ||
        packed_[0] > static_cast<std::int64_t>(ids.size())) {
      return bad();
    }
    ids.resize(static_cast<std::size_t>(packed_[0]));
    for (std::size_t i = 1; i < packed_.size(); i += 2) {
      const std::int64_t first = packed_[i];
      const std::int64_t count = packed_[i + 1];
      if (first < 0 || first >= UINT32_MAX || count < 1 || count > left) return bad();
      left -= count;
      const std::int64_t last = first + count - 1;
      if (first_id_ + last >= UINT32_MAX) return bad();
      highest_id_ = std::max(highest_id_, last);
      for (std::int64_t id = first; id <= last; ++id) {
        ids.push_back(static_cast<std::uint32_t>(first_id_ + id));
      }
    }
    return true;
  }

  TraceBuilder& trace_;
  SimTime gap_;
  JsonRows rows_;
  std::int64_t session_ = 0;
  std::int64_t first_id_ = 0;    // of this session, among all
  std::int64_t highest_id_ = 0;  // in this session, local
  std::vector<std::int64_t> packed_;
};

}  // namespace

void import_weka(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  Sessions(source, options, trace).read();
}

}  // namespace kvern
