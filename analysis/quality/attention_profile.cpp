#include "analysis/quality/attention_profile.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace kvern {
namespace {

// The largest context of the row that `context` falls into.
std::uint32_t last_of(std::uint32_t context) {
  std::uint32_t last = 128;
  while (last < context) last *= 2;
  return last;
}

struct WorkSums {
  StepReplay work;
  std::uint64_t steps = 0, losses = 0;
  std::uint32_t prompt = 0;
  double nll = 0, dense = 0;
};

WorkRow row_of(const PolicyName& name, const std::string& domain, std::uint32_t last,
               const WorkSums& sums) {
  const auto heads = static_cast<double>(sums.work.heads);
  const auto each = [&](std::uint64_t sum) { return static_cast<double>(sum) / heads; };
  const StepReplay& work = sums.work;
  WorkRow row;
  row.policy = name.policy;
  row.budget = name.budget;
  row.domain = domain;
  row.prompt_tokens = sums.prompt;
  row.context_first = last == 128 ? 1 : last / 2 + 1;
  row.context_last = last;
  row.steps = sums.steps;
  row.resident_tokens = each(work.resident);
  row.read_tokens = each(work.read);
  row.kv_bytes_read = each(work.attention.bytes_read);
  row.kv_bytes_written = each(work.attention.bytes_written);
  row.attention_flops = each(work.attention.flops);
  row.policy_flops = each(work.own.flops);
  row.policy_bytes_read = each(work.own.bytes_read);
  row.policy_bytes_written = each(work.own.bytes_written);
  row.recall = work.rows > 0 ? work.recall / work.rows : kUnknown;
  row.output_error = work.rows > 0 ? work.error / work.rows : kUnknown;
  const auto losses = static_cast<double>(sums.losses);
  row.nll = sums.losses > 0 ? sums.nll / losses : kUnknown;
  row.nll_dense = sums.losses > 0 ? sums.dense / losses : kUnknown;
  return row;
}

}  // namespace

std::vector<WorkRow> work_rows(const ProfileInput& input) {
  std::set<std::string> domains;
  for (const TextTags& tags : input.tags) domains.insert(tags.domain);
  std::vector<std::string> names = {"all"};
  if (domains.size() > 1) names.insert(names.end(), domains.begin(), domains.end());
  std::vector<WorkRow> rows;
  for (std::size_t p = 0; p < input.policies.size(); ++p) {
    for (const std::string& domain : names) {
      std::map<std::uint32_t, WorkSums> by_context;
      for (std::size_t t = 0; t < input.sequences.size(); ++t) {
        if (domain != "all" && input.tags[t].domain != domain) continue;
        const std::vector<StepReplay>& steps = input.sequences[t].steps[p];
        for (std::uint32_t s = 0; s < steps.size(); ++s) {
          WorkSums& sums = by_context[last_of(input.prompts[t] + s + 1)];
          sums.work += steps[s];
          sums.prompt = std::max(sums.prompt, input.prompts[t]);
          ++sums.steps;
          if (input.quality == nullptr) continue;
          const SequenceQuality& quality = (*input.quality)[t];
          if (s >= quality.dense.loss.size()) continue;  // nothing came after the last token
          sums.nll += quality.policies[p].loss[s];
          sums.dense += quality.dense.loss[s];
          ++sums.losses;
        }
      }
      for (const auto& [last, sums] : by_context) {
        rows.push_back(row_of(input.policies[p], domain, last, sums));
      }
    }
  }
  return rows;
}

}  // namespace kvern
