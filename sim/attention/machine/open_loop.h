// Replays a recording, all policies in one pass over it. The answer does not depend on the number
// of threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/attention/machine/layer_replay.h"
#include "sim/attention/machine/recording.h"

namespace kvern {

// One KV head of one layer of one sequence under one policy.
struct AttentionRow {
  std::uint32_t policy = 0;    // index in the order given
  std::uint32_t sequence = 0;  // its number in the recording
  std::uint32_t layer = 0;     // its number in the model
  std::uint32_t head = 0;      // KV head
  HeadReplay replay;
};

// The decode steps of a sequence: sums over its layers.
struct SequenceReplay {
  std::uint32_t index = 0;                     // among the recording's sequences
  std::vector<std::vector<StepReplay>> steps;  // [policy][decode step]
};

struct OpenLoopResult {
  std::vector<AttentionRow> rows;  // by policy, sequence, layer, head
  std::vector<SequenceReplay> sequences;
};

// Why a policy, or the controller, can't run on a sequence; empty when all can. Makes each once.
std::string open_loop_refusal(const Recording& recording,
                              const std::vector<TokenPolicyMaker>& policies,
                              const std::vector<std::string>& names, const ReplayOptions& options);

OpenLoopResult replay_recording(const Recording& recording,
                                const std::vector<TokenPolicyMaker>& policies,
                                const ReplayOptions& options, unsigned threads);

}  // namespace kvern
