#include "sim/attention/machine/open_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "sim/base/worker_pool.h"

namespace kvern {
namespace {

struct Task {
  std::uint32_t sequence = 0;  // indices
  std::uint32_t layer = 0;
};

std::vector<Task> tasks_of(const Recording& recording) {
  std::vector<Task> tasks;
  const auto& sequences = recording.sequences();
  for (std::uint32_t s = 0; s < sequences.size(); ++s) {
    for (std::uint32_t l = 0; l < sequences[s].layers.size(); ++l) tasks.push_back({s, l});
  }
  return tasks;
}

// Replays a few layers at a time, each read when its turn comes; each leaves its answer in its own
// place.
std::vector<LayerReplay> replay_tasks(const Recording& recording, const std::vector<Task>& tasks,
                                      const std::vector<TokenPolicyMaker>& policies,
                                      const ReplayOptions& options, unsigned threads) {
  std::vector<LayerReplay> results(tasks.size());
  std::mutex reading;
  const auto most = static_cast<unsigned>(std::max<std::size_t>(1, tasks.size()));
  WorkerPool pool(std::min(std::max(1U, threads), most), options.interrupt);
  pool.run(tasks.size(), [&](std::size_t i) {
    const RecordedSequence& sequence = recording.sequences()[tasks[i].sequence];
    std::unique_lock lock(reading);
    const RecordedLayer layer = recording.layer(sequence, tasks[i].layer);
    lock.unlock();
    results[i] = replay_layer(token_layer(sequence, layer, tasks[i].layer), policies, options);
  });
  return results;
}

SequenceReplay merge_steps(std::uint32_t sequence, const std::vector<Task>& tasks,
                           const std::vector<LayerReplay>& results, std::size_t policies) {
  SequenceReplay merged{sequence, {}};
  for (std::size_t p = 0; p < policies; ++p) {
    std::vector<StepReplay>& steps = merged.steps.emplace_back();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].sequence != sequence) continue;
      steps.resize(results[i].steps[p].size());
      for (std::size_t s = 0; s < steps.size(); ++s) steps[s] += results[i].steps[p][s];
    }
  }
  return merged;
}

}  // namespace

std::string open_loop_refusal(const Recording& recording,
                              const std::vector<TokenPolicyMaker>& policies,
                              const std::vector<std::string>& names, const ReplayOptions& options) {
  const bool linear = options.form == AttentionForm::Linear;
  for (std::size_t p = 0; p < policies.size(); ++p) {
    const auto policy = policies[p]();
    if (linear && policy->evicts()) {
      return names[p] + " evicts, and linear attention has no cache to evict from";
    }
    for (const RecordedSequence& sequence : recording.sequences()) {
      const RecordedLayer no_numbers;
      for (std::uint32_t l = 0; l < sequence.layers.size(); ++l) {
        const std::string why = policy->refusal(token_layer(sequence, no_numbers, l));
        if (!why.empty())
          return fmt::format("{} on sequence {}: {}", names[p], sequence.number, why);
      }
    }
  }
  if (options.control == nullptr) return {};
  if (linear) return "a controller takes tokens away, and linear attention has none of its own";
  for (const RecordedSequence& sequence : recording.sequences()) {
    const std::string why = options.control->refusal({sequence.model_layers, sequence.heads});
    if (!why.empty()) return fmt::format("the controller on sequence {}: {}", sequence.number, why);
  }
  return {};
}

OpenLoopResult replay_recording(const Recording& recording,
                                const std::vector<TokenPolicyMaker>& policies,
                                const ReplayOptions& options, unsigned threads) {
  const std::vector<Task> tasks = tasks_of(recording);
  std::vector<LayerReplay> layers = replay_tasks(recording, tasks, policies, options, threads);
  OpenLoopResult result;
  for (std::uint32_t p = 0; p < policies.size(); ++p) {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const RecordedSequence& sequence = recording.sequences()[tasks[i].sequence];
      auto& heads = layers[i].heads[p];
      for (std::uint32_t head = 0; head < heads.size(); ++head) {
        result.rows.push_back(
            {p, sequence.number, sequence.layers[tasks[i].layer], head, std::move(heads[head])});
      }
    }
  }
  for (std::uint32_t s = 0; s < recording.sequences().size(); ++s) {
    result.sequences.push_back(merge_steps(s, tasks, layers, policies.size()));
  }
  return result;
}

}  // namespace kvern
