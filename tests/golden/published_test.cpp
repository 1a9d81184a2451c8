// Counts that others published or computed independently, on a real trace.
#include <gtest/gtest.h>

#include "tests/lab/data.h"
#include "tests/lab/serving_lab.h"
#include "traces/replay/trace_replay.h"

namespace kvern::lab {
namespace {

// Preemptions of V0 on the Azure 2023 conversation trace with 900 blocks of 16 and 8B-like costs.
std::uint64_t preemptions(const std::string& can_append, bool stepwise) {
  Lab lab;
  lab.batching = "vllm_v0(max_num_batched_tokens=8192, can_append=" + can_append + ")";
  lab.blocks = 900;
  lab.stepwise = stepwise;
  lab.self_checks = false;
  Records nowhere;
  ClusterSetup setup = setup_of(lab, nowhere);
  TraceReplay replay;
  replay.trace.file = data_file("traces/azure2023/AzureLLMInferenceTrace_conv.csv").string();
  Issues issues;
  setup.arrivals = replay_trace(replay, issues);
  Cluster cluster(std::move(setup));
  cluster.run();
  return cluster.ledger(0).preemptions;
}

TEST(Published, AzureConversationPreempts533TimesWithOneBlockAnd487Exactly) {
  if (!has_data("traces/azure2023")) GTEST_SKIP() << needs_data("traces/azure2023");
  for (const bool stepwise : {false, true}) {
    EXPECT_EQ(preemptions("one_block", stepwise), 533U);
    EXPECT_EQ(preemptions("exact", stepwise), 487U);
  }
}

}  // namespace
}  // namespace kvern::lab
