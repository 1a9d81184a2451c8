#include "sim/attention/machine/open_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace kvern {
namespace {

struct Task {
  std::uint32_t sequence = 0;  // indices
  std::uint32_t layer = 0;
};

// Runs the layers of a recording, a few at a time; each leaves its answer in its own place.
class LayerPool {
 public:
  LayerPool(const Recording& recording, const std::vector<TokenPolicyMaker>& policies,
            const ReplayOptions& options)
      : recording_(recording), policies_(policies), options_(options) {
    const auto& sequences = recording.sequences();
    for (std::uint32_t s = 0; s < sequences.size(); ++s) {
      for (std::uint32_t l = 0; l < sequences[s].layers.size(); ++l) tasks_.push_back({s, l});
    }
    results_.resize(tasks_.size());
  }

  void run(unsigned threads) {
    std::vector<std::thread> workers;
    const auto most = static_cast<unsigned>(tasks_.size());
    for (unsigned i = 1; i < std::min(threads, most); ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
    if (failure_) std::rethrow_exception(failure_);
  }

  const std::vector<Task>& tasks() const { return tasks_; }
  std::vector<LayerReplay>& results() { return results_; }

 private:
  void work() {
    for (std::size_t i = next_++; i < tasks_.size(); i = next_++) {
      try {
        const RecordedSequence& sequence = recording_.sequences()[tasks_[i].sequence];
        const RecordedLayer layer = read(sequence, tasks_[i].layer);
        results_[i] =
            replay_layer(token_layer(sequence, layer, tasks_[i].layer), policies_, options_);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_ = tasks_.size();
      }
    }
  }
  RecordedLayer read(const RecordedSequence& sequence, std::uint32_t layer) {
    const std::lock_guard lock(mutex_);
    return recording_.layer(sequence, layer);
  }

  const Recording& recording_;
  const std::vector<TokenPolicyMaker>& policies_;
  const ReplayOptions& options_;
  std::vector<Task> tasks_;
  std::vector<LayerReplay> results_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

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
                              const std::vector<std::string>& names, AttentionForm form) {
  for (std::size_t p = 0; p < policies.size(); ++p) {
    const auto policy = policies[p]();
    if (form == AttentionForm::Linear && policy->evicts()) {
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
  return {};
}

OpenLoopResult replay_recording(const Recording& recording,
                                const std::vector<TokenPolicyMaker>& policies,
                                const ReplayOptions& options, unsigned threads) {
  LayerPool pool(recording, policies, options);
  pool.run(threads);
  OpenLoopResult result;
  for (std::uint32_t p = 0; p < policies.size(); ++p) {
    for (std::size_t i = 0; i < pool.tasks().size(); ++i) {
      const RecordedSequence& sequence = recording.sequences()[pool.tasks()[i].sequence];
      auto& heads = pool.results()[i].heads[p];
      for (std::uint32_t head = 0; head < heads.size(); ++head) {
        result.rows.push_back({p, sequence.number, sequence.layers[pool.tasks()[i].layer], head,
                               std::move(heads[head])});
      }
    }
  }
  for (std::uint32_t s = 0; s < recording.sequences().size(); ++s) {
    result.sequences.push_back(merge_steps(s, pool.tasks(), pool.results(), policies.size()));
  }
  return result;
}

}  // namespace kvern
