#include "traces/generate/synthesize.h"

#include <algorithm>
#include <vector>

#include "traces/import/trace_builder.h"

namespace kvern {
namespace {

struct Answer {
  SimTime time;
  RequestId request;
};
bool later(const Answer& a, const Answer& b) {
  return a.time != b.time ? a.time > b.time : a.request > b.request;
}

// The generator's ids become even numbers; private tails take the odd ones. The builder makes them
// dense.
class GeneratedNames {
 public:
  // Of all full blocks of the prompt, then of those of the answer that are found again.
  const std::vector<std::uint32_t>& of(const Arrival& arrival, std::uint32_t block_size) {
    ids_.clear();
    const std::uint32_t full = block_size > 0 ? arrival.prompt_tokens / block_size : 0;
    for (const std::uint32_t id : arrival.blocks) {
      exhausted_ = exhausted_ || id >= kMost;
      ids_.push_back(2 * id);
    }
    while (ids_.size() < full && next_private_ < kMost) ids_.push_back(2 * next_private_++ + 1);
    exhausted_ = exhausted_ || ids_.size() < full;
    for (const std::uint32_t id : arrival.answer) {
      exhausted_ = exhausted_ || id >= kMost;
      ids_.push_back(2 * id);
    }
    return ids_;
  }
  bool exhausted() const { return exhausted_; }

 private:
  static constexpr std::uint32_t kMost = std::uint32_t{1} << 31;
  std::vector<std::uint32_t> ids_;
  std::uint32_t next_private_ = 0;
  bool exhausted_ = false;
};

TraceRow row_of(const Arrival& arrival, const OpenSessions* sessions) {
  TraceRow row;
  row.arrival_ns = arrival.time;
  row.prompt_tokens = arrival.prompt_tokens;
  row.output_tokens = arrival.output_tokens;
  row.session = arrival.session;
  if (sessions != nullptr) {
    row.parent = sessions->parent();
    row.delay_ns = sessions->pause();
  }
  return row;
}

}  // namespace

std::optional<Trace> synthesize(GeneratedArrivals& arrivals, const Synthesis& synthesis,
                                Issues& issues) {
  if (arrivals.starts_wait()) {
    issues.error({synthesis.name},
                 "requests of users come when earlier ones are answered, which a "
                 "trace can't say",
                 "sessions can be written: arrivals that start them, and turns");
    return std::nullopt;
  }
  RowLog row_log(synthesis.name, "");
  TraceBuilder builder(row_log);
  const std::uint32_t block_size = arrivals.block_size();
  builder.header.block_size = block_size;
  builder.header.block_rule = block_size > 0 ? BlockRule::Floor : BlockRule::None;
  std::vector<Answer> answers;  // a heap, earliest first
  GeneratedNames names;
  for (;;) {
    const SimTime next = arrivals.next_time();
    if (!answers.empty() && answers.front().time <= next) {
      const Answer answer = answers.front();
      std::pop_heap(answers.begin(), answers.end(), later);
      answers.pop_back();
      arrivals.finished(answer.request, answer.time);
      continue;
    }
    if (next == kNever) break;
    Arrival arrival;
    arrivals.pop(arrival);
    TraceRow row = row_of(arrival, arrivals.sessions());
    row.blocks = names.of(arrival, block_size);
    const std::int64_t waits[] = {row.parent};
    if (row.parent >= 0) row.waits = waits;
    const std::string tenant =
        arrival.tenant == 0 ? "" : "tenant " + std::to_string(arrival.tenant);
    row.tenant = tenant;
    if (names.exhausted() || !builder.add(row)) break;
    if (arrivals.sessions() != nullptr) {
      answers.push_back({arrival.time + synthesis.token_ns * arrival.output_tokens, arrival.id});
      std::push_heap(answers.begin(), answers.end(), later);
    }
  }
  const std::string failure =
      names.exhausted() ? "the prompts use up all 2^32 block ids" : arrivals.failure();
  if (!failure.empty()) issues.error({synthesis.name}, failure, "generate fewer requests");
  row_log.report(issues);
  if (issues.any_error()) return std::nullopt;
  std::optional<Trace> trace = builder.finish(issues);
  if (!trace) return trace;
  trace->header.name = synthesis.name;
  trace->header.clock = "synthesised";
  trace->header.closed = arrivals.sessions() != nullptr;
  trace->source_row.clear();  // there is no source
  trace->provenance.source = "generated";
  trace->provenance.importer = "synthesize";
  trace->provenance.importer_options = synthesis.workload;
  trace->provenance.seed = static_cast<std::int64_t>(synthesis.seed);
  return trace;
}

}  // namespace kvern
