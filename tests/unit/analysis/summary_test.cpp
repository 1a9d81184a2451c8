#include "analysis/summary/summary.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/analysis/run_example.h"

namespace kvern {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

RunFacts facts() { return {"demo", 7, false, "drained", 4 * kSecond}; }

Summary demo() {
  RunRecords::Settings settings = example::settings();
  settings.slo = {100 * kMillisecond, {}, {}};
  RunRecords records(settings);
  for (std::uint32_t id = 0; id < 3; ++id) records.request(example::request(id));
  const Ledger ledger = example::ledger();
  return make_summary(facts(), {&ledger, 1}, records);
}

double real(const Summary& s, std::string_view name) { return std::get<double>(s.value(name)); }

TEST(Summary, HandCase) {
  const Summary s = demo();
  EXPECT_EQ(std::get<std::uint64_t>(s.value("requests_arrived")), 4U);
  EXPECT_DOUBLE_EQ(real(s, "duration_s"), 4);
  EXPECT_DOUBLE_EQ(real(s, "queue_ms_mean"), 10);
  EXPECT_DOUBLE_EQ(real(s, "ttft_ms_p99"), 100);
  EXPECT_DOUBLE_EQ(real(s, "tpot_ms_p50"), 20);  // 1000 ms / 50 gaps
  EXPECT_DOUBLE_EQ(real(s, "e2e_ms_max"), 1100);
  EXPECT_NEAR(real(s, "itl_ms_p50"), 20, 20.0 / 128);
  EXPECT_DOUBLE_EQ(real(s, "requests_per_s"), 0.75);
  EXPECT_DOUBLE_EQ(real(s, "output_tokens_per_s"), 38.25);
  EXPECT_DOUBLE_EQ(real(s, "goodput_requests_per_s"), 0.75);
  EXPECT_DOUBLE_EQ(real(s, "slo_share"), 0.75);  // 3 of 4 arrived
  EXPECT_EQ(std::get<std::uint64_t>(s.value("steps")), 150U);
  EXPECT_DOUBLE_EQ(real(s, "batch_sequences_mean"), 2);
  EXPECT_DOUBLE_EQ(real(s, "busy_share"), 0.25);          // 2 s of 2 x 4 s
  EXPECT_DOUBLE_EQ(real(s, "kv_used_share_mean"), 0.25);  // 250 of 1000 blocks throughout
  EXPECT_DOUBLE_EQ(real(s, "kv_used_share_max"), 0.9);
  EXPECT_DOUBLE_EQ(real(s, "hit_ratio"), 0.25);
  EXPECT_DOUBLE_EQ(real(s, "prefix_hit_ratio"), 48.0 / 3003);
  EXPECT_DOUBLE_EQ(real(s, "energy_j"), 800);
  EXPECT_DOUBLE_EQ(real(s, "energy_j_per_output_token"), 800.0 / 153);
  EXPECT_DOUBLE_EQ(real(s, "energy_j_idle"), 200);
  EXPECT_DOUBLE_EQ(real(s, "energy_j_wasted"), 50);
  EXPECT_DOUBLE_EQ(real(s, "power_w_mean"), 200);
  EXPECT_DOUBLE_EQ(real(s, "energy_j_by.attention"), 600);
  EXPECT_EQ(std::get<std::string>(s.value("percentiles")), "exact");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(s.value("carbon_use_g")));
}

// The names, in order; others' scripts depend on them.
TEST(Summary, NamesAreTheContract) {
  std::vector<std::string> expected = {"scenario", "fingerprint", "seed", "clairvoyant", "stopped"};
  const auto add = [&](std::initializer_list<const char*> names) {
    expected.insert(expected.end(), names.begin(), names.end());
  };
  add({"requests_arrived", "requests_finished", "requests_rejected", "requests_failed",
       "requests_cancelled", "requests_in_flight", "duration_s", "tokens_prompt", "tokens_output",
       "tokens_cached", "tokens_resumed", "tokens_recomputed"});
  for (const std::string stem : {"queue_ms_", "ttft_ms_", "tpot_ms_", "itl_ms_", "e2e_ms_"}) {
    for (const char* s : {"mean", "p50", "p90", "p99", "p999", "max"}) expected.push_back(stem + s);
  }
  add({"percentiles",
       "requests_per_s",
       "output_tokens_per_s",
       "goodput_requests_per_s",
       "slo_share",
       "steps",
       "steps_prefill",
       "steps_decode",
       "steps_mixed",
       "batch_sequences_mean",
       "busy_share",
       "kv_blocks",
       "kv_used_share_mean",
       "kv_used_share_max",
       "preemptions",
       "preempted_requests",
       "block_lookups",
       "block_hits",
       "hit_ratio",
       "prefix_hit_ratio",
       "evictions",
       "regret",
       "prefix_hit_ratio_by_tenant",
       "tier_hits",
       "tier_hit_ratio",
       "bytes_fetched",
       "bytes_demoted",
       "tier_hits_by",
       "energy_j",
       "energy_j_per_output_token",
       "energy_j_idle",
       "energy_j_wasted",
       "wakes",
       "asleep_share",
       "power_w_mean"});
  for (int part = 0; part < kEnergyParts; ++part) {
    expected.push_back(std::string("energy_j_by.") + name(static_cast<EnergyPart>(part)));
  }
  for (const char* phase : {"prefill", "decode", "wasted"}) {
    expected.push_back(std::string("energy_j_by_phase.") + phase);
  }
  add({"energy_it_j", "energy_facility_j", "carbon_use_g", "carbon_use_market_g",
       "carbon_use_marginal_g", "carbon_embodied_g", "water_l", "adpe_kg", "energy_primary_mj",
       "carbon_sources", "meter_energy_j", "meter_error_share"});
  for (const char* row :
       {"servers_use_g", "servers_embodied_g", "network_g", "devices_use_g", "devices_embodied_g",
        "web_host_g", "training_g", "total_g", "g_per_request", "g_per_1000_tokens"}) {
    expected.push_back(std::string("service.") + row);
  }
  add({"perplexity", "worst_group_nll_increase_share", "quality_model"});
  const Summary s = demo();
  std::vector<std::string> names;
  std::vector<std::string> pool_names;
  for (const SummaryEntry& entry : s.entries) names.push_back(entry.name);
  for (const SummaryEntry& entry : s.pools[0].entries) pool_names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAreArray(expected));
  EXPECT_THAT(pool_names, ElementsAreArray(expected.begin() + 5, expected.end()));
  // An object is described by a member: tier_hits_by.host.
  const std::string described = describe_summary();
  for (const std::string& name : expected) {
    EXPECT_THAT(described, AnyOf(HasSubstr(name + " "), HasSubstr(name + ".")));
  }
}

// 60 of 100 prompt tokens; 0 of 50, and a rejected request that counts nowhere; none of tenant 1.
TEST(Summary, HitsByTenant) {
  RunRecords records(example::settings());
  RequestRow row;
  row.status = RequestStatus::Finished;
  row.prompt_tokens = 100;
  row.cached_tokens = 60;
  records.request(row);
  row.tenant = 2;
  row.prompt_tokens = 50;
  row.cached_tokens = 0;
  records.request(row);
  row.status = RequestStatus::Rejected;
  records.request(row);
  const Ledger ledger = example::ledger();
  const Summary s = make_summary(facts(), {&ledger, 1}, records);
  EXPECT_DOUBLE_EQ(real(s, "prefix_hit_ratio_by_tenant.0"), 0.6);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(s.value("prefix_hit_ratio_by_tenant.1")));
  EXPECT_DOUBLE_EQ(real(s, "prefix_hit_ratio_by_tenant.2"), 0);
  EXPECT_THAT(summary_table(s), HasSubstr("- of tenant 0 "));
}

TEST(Summary, UnknownIsNullNeverZero) {
  RunRecords records(example::settings());
  const Ledger nothing;
  const Summary s = make_summary({"empty", 1, false, "stop", 0}, {&nothing, 1}, records);
  const std::string json = summary_json(s);
  for (const char* name : {"ttft_ms_p50", "requests_per_s", "slo_share", "goodput_requests_per_s",
                           "batch_sequences_mean", "busy_share", "kv_used_share_max", "hit_ratio",
                           "energy_j", "power_w_mean", "energy_j_by", "water_l"}) {
    EXPECT_THAT(json, HasSubstr("\"" + std::string(name) + "\": null"));
  }
  EXPECT_THAT(json, HasSubstr("\"requests_arrived\": 0,"));
}

TEST(Summary, JsonIsOneObjectWithNestedParts) {
  const std::string json = summary_json(demo());
  EXPECT_EQ(json.substr(0, 24), "{\n  \"scenario\": \"demo\",\n");
  EXPECT_THAT(json, HasSubstr("  \"energy_j_by\": {\n    \"attention\": 600,\n    \"mlp\": 0,"));
  EXPECT_THAT(json, HasSubstr("    \"idle\": 200,\n    \"wake\": 0\n  },\n  \"energy_j_by_phase\": "
                              "{\n    \"prefill\": null,"));
  EXPECT_THAT(json, HasSubstr("  \"pools\": [\n    {\n      \"name\": \"main\",\n"
                              "      \"requests_arrived\": 4,"));
  EXPECT_THAT(json, HasSubstr("\"clairvoyant\": false,"));
  EXPECT_EQ(json.substr(json.size() - 12), "    }\n  ]\n}\n");
  EXPECT_THAT(json, Not(HasSubstr(": nan")));
}

// Two pools: counts add up, latencies are taken over all requests, blocks weigh by their pool.
TEST(Summary, TotalOfTwoPools) {
  RunRecords::Settings settings;
  settings.pools = {"a", "b"};
  RunRecords records(settings);
  records.request(example::request(0, 0));
  RequestRow slow = example::request(1, 1);
  slow.finish_ns += 2 * kSecond;
  records.request(slow);
  Ledger ledgers[] = {example::ledger(), example::ledger()};
  ledgers[1].blocks = 3000;  // 250 of 3000 used, by two replicas too
  ledgers[1].energy_known = false;
  const Summary s = make_summary(facts(), ledgers, records);
  EXPECT_EQ(std::get<std::uint64_t>(s.value("requests_arrived")), 8U);
  EXPECT_DOUBLE_EQ(real(s, "e2e_ms_p50"), 2100);  // of 1100 and 3100
  EXPECT_DOUBLE_EQ(real(s, "kv_used_share_mean"), 500.0 / 4000);
  EXPECT_DOUBLE_EQ(real(s, "kv_used_share_max"), 0.9);
  EXPECT_DOUBLE_EQ(std::get<double>(value(s.pools[1].entries, "e2e_ms_p50")), 3100);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(s.value("energy_j")));
  EXPECT_DOUBLE_EQ(std::get<double>(value(s.pools[0].entries, "energy_j")), 800);
}

TEST(SummaryTable, IsAligned) {
  EXPECT_EQ(
      summary_table(demo()),
      "demo: ran until every request had ended, seed 7, fingerprint 24a2e4a76e25f79e\n"
      "\n"
      "latency                   mean        p50        p90        p99      p99.9        max\n"
      "  queue                   10.0 ms    10.0 ms    10.0 ms    10.0 ms    10.0 ms    10.0 ms\n"
      "  first token (TTFT)       100 ms     100 ms     100 ms     100 ms     100 ms     100 ms\n"
      "  per token (TPOT)        20.0 ms    20.0 ms    20.0 ms    20.0 ms    20.0 ms    20.0 ms\n"
      "  between tokens (ITL)    20.0 ms    20.0 ms    20.0 ms    20.0 ms    20.0 ms    20.0 ms\n"
      "  end to end              1.10 s     1.10 s     1.10 s     1.10 s     1.10 s     1.10 s\n"
      "\n"
      "requests                                  throughput\n"
      "  arrived                    4              simulated time          4.00 s\n"
      "  finished                   3              requests/s              0.75\n"
      "  rejected                   1              goodput requests/s      0.75\n"
      "  failed                     0              output tokens/s         38.2\n"
      "  in flight                  0              prompt tokens          3,003\n"
      "  within SLO              75.0 %            output tokens            153\n"
      "                                            steps                    150\n"
      "                                            sequences a step        2.00\n"
      "                                            busy                    25.0 %\n"
      "\n"
      "prefix cache                              memory pressure\n"
      "  block lookups            200              KV blocks a replica    1,000\n"
      "  block hits              25.0 %            blocks in use, mean     25.0 %\n"
      "  prompt tokens cached     1.6 %            blocks in use, most     90.0 %\n"
      "  evictions                  9              preemptions                5\n"
      "                                            requests preempted         3\n"
      "                                            tokens recomputed        144\n"
      "                                            tokens found again        96\n"
      "\n"
      "energy of GPU boards                      by component\n"
      "  energy                   800 J            attention                600 J\n"
      "  per output token        5.23 J            idle                     200 J\n"
      "  mean power               200 W\n"
      "  wasted recomputing      50.0 J\n");
}

TEST(SummaryTable, PoolsAreColumnsAndNoLineEndsInSpaces) {
  RunRecords::Settings settings;
  settings.pools = {"prefill", "decode"};
  RunRecords records(settings);
  records.request(example::request(0, 0));
  const Ledger ledgers[] = {example::ledger(), example::ledger()};
  const std::string table = summary_table(make_summary(facts(), ledgers, records));
  EXPECT_THAT(table, HasSubstr("requests                 total     prefill     decode\n"));
  EXPECT_THAT(table, Not(HasSubstr(" \n")));
}

}  // namespace
}  // namespace kvern
