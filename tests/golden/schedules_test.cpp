// The schedules of tests/reference (an independent stepwise implementation in Python): every
// request and every step, to the nanosecond, fused where no step rows are asked for, and stepwise.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "sim/base/io/json_lines.h"
#include "tests/lab/serving_lab.h"
#include "tests/roots.h"

namespace kvern::lab {
namespace {

std::int64_t number(JsonValue object, std::string_view key) {
  return object.find(key).integer().value();
}

bool yes(JsonValue object, std::string_view key) { return object.find(key).text() == "true"; }

std::string batching_of(JsonValue settings) {
  const std::string policy(settings.find("policy").text());
  std::string out =
      fmt::format("{}(max_num_seqs={}, max_num_batched_tokens={}", policy,
                  number(settings, "max_num_seqs"), number(settings, "max_num_batched_tokens"));
  if (const auto length = settings.find("max_model_len").integer()) {
    out += fmt::format(", max_model_len={}", *length);
  }
  if (!settings.find("watermark").absent()) {
    out += fmt::format(", watermark={}", settings.find("watermark").text());
  }
  if (policy == "vllm_v0") {
    out += fmt::format(", can_append={}, chunked={}", settings.find("can_append").text(),
                       yes(settings, "chunked"));
  } else {
    out += fmt::format(", chunked_prefill={}, reserve_full_isl={}, long_prefill_token_threshold={}",
                       yes(settings, "chunked_prefill"), yes(settings, "reserve_full_isl"),
                       number(settings, "long_prefill_token_threshold"));
    // Not in the cases that are older.
    if (!settings.find("async_scheduling").absent() && yes(settings, "async_scheduling")) {
      out += ", async_scheduling=true";
    }
  }
  return out + ")";
}

Lab lab_of(JsonValue root) {
  const JsonValue settings = root.find("settings");
  Lab lab;
  lab.batching = batching_of(settings);
  lab.routing = settings.find("router").text();
  lab.replicas = static_cast<std::uint32_t>(number(settings, "replicas"));
  lab.blocks = static_cast<std::uint32_t>(number(settings, "blocks"));
  lab.block_size = static_cast<std::uint32_t>(number(settings, "block_size"));
  lab.prefix_cache = yes(settings, "prefix_cache") && settings.find("policy").text() == "vllm_v1";
  std::vector<std::int64_t> costs;
  const JsonValue cost = settings.find("cost");
  for (JsonValue c = cost.first(); c; c = cost.next(c)) costs.push_back(c.integer().value());
  lab.cost = fmt::format("affine(a={} ns, b={} ns, c={} ns, d={} ns)", costs[0], costs[1], costs[2],
                         costs[3]);
  const JsonValue requests = root.find("requests");
  for (JsonValue r = requests.first(); r; r = requests.next(r)) {
    LabRequest& request = lab.requests.emplace_back();
    request.arrival = number(r, "arrival_ns");
    request.prompt = static_cast<std::uint32_t>(number(r, "prompt"));
    request.output = static_cast<std::uint32_t>(number(r, "output"));
    const JsonValue blocks = r.find("blocks");
    for (JsonValue b = blocks.first(); b; b = blocks.next(b)) {
      request.blocks.push_back(static_cast<std::uint32_t>(b.integer().value()));
    }
    // A list that is longer than the prompt goes on with the blocks of the answer.
    const std::uint32_t whole = request.prompt / lab.block_size;
    if (request.blocks.size() > (request.prompt + lab.block_size - 1) / lab.block_size) {
      request.answer.assign(request.blocks.begin() + whole, request.blocks.end());
      request.blocks.resize(whole);
    }
  }
  return lab;
}

std::string expected_requests(JsonValue rows) {
  std::string out;
  for (JsonValue r = rows.first(); r; r = rows.next(r)) {
    for (const char* key :
         {"id", "status", "replica", "first_scheduled_ns", "first_token_ns", "finish_ns", "output",
          "cached", "resumed", "recomputed", "preemptions"}) {
      out += fmt::format("{} {} ", key, number(r, key));
    }
    out += "\n";
  }
  return out;
}

std::string requests_of(const Outcome& outcome) {
  auto rows = outcome.requests;
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::string out;
  for (const RequestRow& r : rows) {
    out += fmt::format(
        "id {} status {} replica {} first_scheduled_ns {} first_token_ns {} "
        "finish_ns {} output {} cached {} resumed {} recomputed {} preemptions {} \n",
        r.id, static_cast<int>(r.status), r.replica, r.first_scheduled_ns, r.first_token_ns,
        r.finish_ns, r.output_tokens, r.cached_tokens, r.resumed_tokens, r.recomputed_tokens,
        r.preemptions);
  }
  return out;
}

std::string expected_steps(JsonValue rows) {
  std::string out;
  for (JsonValue r = rows.first(); r; r = rows.next(r)) {
    StepRow row;
    row.replica = static_cast<std::uint16_t>(number(r, "replica"));
    row.kind = static_cast<StepKind>(number(r, "kind"));
    row.start_ns = number(r, "start_ns");
    row.end_ns = number(r, "end_ns");
    row.sequences = static_cast<std::uint32_t>(number(r, "sequences"));
    row.prefill_tokens = static_cast<std::uint32_t>(number(r, "prefill_tokens"));
    row.blocks_used = static_cast<std::uint32_t>(number(r, "blocks_used"));
    row.running = static_cast<std::uint32_t>(number(r, "running"));
    row.waiting = static_cast<std::uint32_t>(number(r, "waiting"));
    row.preempted = static_cast<std::uint32_t>(number(r, "preempted"));
    row.kv_tokens_read = static_cast<std::uint64_t>(number(r, "kv_tokens_read"));
    out += text(row);
  }
  return out;
}

std::string steps_of(const Outcome& outcome) {
  auto rows = outcome.steps;
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair(a.start_ns, a.replica) < std::pair(b.start_ns, b.replica);
  });
  std::string out;
  for (const StepRow& row : rows) out += text(row);
  return out;
}

TEST(Schedules, EqualTheReferenceToTheNanosecond) {
  int cases = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(KVERN_ROOT "/tests/golden/schedules")) {
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    JsonLine json;
    ASSERT_TRUE(json.parse(content.str())) << entry.path() << json.error();
    Lab lab = lab_of(json.root());
    const JsonValue expected = json.root().find("expected");
    const std::string requests = expected_requests(expected.find("requests"));
    EXPECT_EQ(requests, requests_of(*run(lab))) << entry.path() << " fused";
    lab.step_rows = true;
    for (const bool stepwise : {false, true}) {
      lab.stepwise = stepwise;
      const auto outcome = run(lab);
      EXPECT_EQ(requests, requests_of(*outcome)) << entry.path();
      EXPECT_EQ(expected_steps(expected.find("steps")), steps_of(*outcome)) << entry.path();
    }
    ++cases;
  }
  EXPECT_GE(cases, 30);
}

}  // namespace
}  // namespace kvern::lab
