#include "scenarios/program/attention/attention_summary.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/quality/quality_table.h"
#include "policies/token_eviction.h"
#include "scenarios/program/attention/attention_run.h"
#include "scenarios/program/run/expectation.h"

namespace kvern {
namespace {

SummaryValue known_value(double value) {
  return std::isfinite(value) ? SummaryValue(value) : SummaryValue();
}

SummaryValue known_ratio(double part, double whole) {
  return whole > 0 ? known_value(part / whole) : SummaryValue();
}

void add_quality(const WorkProfile& profile, const PolicyName& name,
                 std::vector<SummaryEntry>& out) {
  const auto add = [&](const char* entry, const char* unit, const char* what, SummaryValue value) {
    out.push_back({entry, unit, what, std::move(value)});
  };
  const double nan = std::nan("");
  QualityRow none;
  none.nll = none.nll_dense = none.increase_share = none.increase_low = none.increase_high = nan;
  none.top1_agreement = none.kl = none.accuracy = none.accuracy_dense = nan;
  const QualityRow* found = find_quality(profile, name.policy, name.budget);
  const QualityRow& all = found != nullptr ? *found : none;
  add("tokens", "tokens", "predicted in the decode steps", all.tokens);
  add("nll", "1", "mean loss of the next token, nats", known_value(all.nll));
  add("nll_dense", "1", "the same, nothing evicted", known_value(all.nll_dense));
  add("perplexity", "1", "e^nll", known_value(perplexity(all.nll)));
  add("perplexity_dense", "1", "e^nll_dense", known_value(perplexity(all.nll_dense)));
  add("nll_increase_share", "share", "(nll - nll_dense) / nll_dense",
      known_value(all.increase_share));
  add("nll_increase_low_share", "share", "lower end of its 95 % interval",
      known_value(all.increase_low));
  add("nll_increase_high_share", "share", "upper end", known_value(all.increase_high));
  add("top1_agreement_share", "share", "same best guess as dense attention",
      known_value(all.top1_agreement));
  add("kl", "1", "from dense attention's distribution, nats", known_value(all.kl));
  const QualityRow* group = worst_group(profile, name.policy, name.budget);
  const QualityRow& worst = group != nullptr ? *group : none;
  add("worst_group", "", "language, domain or rarity that lost most",
      group != nullptr ? SummaryValue(worst.kind + " " + worst.group) : SummaryValue());
  add("worst_group_nll_increase_share", "share", "its (nll - nll_dense) / nll_dense",
      known_value(worst.increase_share));
  add("worst_group_low_share", "share", "lower end of its 95 % interval",
      known_value(worst.increase_low));
  add("worst_group_high_share", "share", "upper end", known_value(worst.increase_high));
  for (const std::string asked : {"needle", "key_value"}) {
    const QualityRow* row = find_quality(profile, name.policy, name.budget, "retrieval", asked);
    const QualityRow& answers = row != nullptr ? *row : none;
    out.push_back(
        {asked + "_share", "share", "answer tokens found", known_value(answers.accuracy)});
    out.push_back({asked + "_dense_share", "share", "by dense attention",
                   known_value(answers.accuracy_dense)});
  }
}

void add_heads(const AttentionPoint& point, std::vector<SummaryEntry>& out) {
  HeadReplay sum;
  for (const AttentionRow& row : point.rows) {
    if (row.policy == point.policy) sum += row.replay;
  }
  const auto rows = static_cast<double>(sum.rows);
  out.push_back({"recall_mean", "share", "mass of the full row that is read",
                 known_ratio(sum.recall_sum, rows)});
  out.push_back(
      {"output_error_mean", "1", "norm(o - o~) / norm(o)", known_ratio(sum.error_sum, rows)});
  out.push_back({"overlap_share", "share", "of what is read, what a per-step oracle reads too",
                 known_ratio(sum.overlap_sum, rows)});
  out.push_back({"sparsity_share", "share", "entries of full rows below 1 % of the row's largest",
                 known_ratio(sum.sparsity_sum, rows)});
  out.push_back({"persistence_share", "share", "pivotal tokens that stay so",
                 known_ratio(sum.persistent, sum.pivotal)});
  out.push_back({"resident_tokens_max", "tokens", "of any KV head, after a step",
                 std::uint64_t{sum.resident_max}});
}

void add_work(const AttentionPoint& point, const PolicyName& name, std::vector<SummaryEntry>& out) {
  double steps = 0;
  double resident = 0;
  double bytes_read = 0;
  double bytes_written = 0;
  double attention_flops = 0;
  double policy_flops = 0;
  double policy_bytes = 0;
  for (const WorkRow* row : find_work(point.profile, name.policy, name.budget)) {
    const auto weight = static_cast<double>(row->steps);
    steps += weight;
    resident += weight * row->resident_tokens;
    bytes_read += weight * row->kv_bytes_read;
    bytes_written += weight * row->kv_bytes_written;
    attention_flops += weight * row->attention_flops;
    policy_flops += weight * row->policy_flops;
    policy_bytes += weight * (row->policy_bytes_read + row->policy_bytes_written);
  }
  const double heads = double{1} * point.profile.layers * point.profile.kv_heads;
  const auto each = [&](double sum) { return known_ratio(sum * heads, steps); };
  out.push_back({"resident_tokens_mean", "tokens", "of a KV head, after a step",
                 known_ratio(resident, steps)});
  out.push_back({"bytes_read_per_token", "B", "keys and values, all layers", each(bytes_read)});
  out.push_back({"bytes_written_per_token", "B", "the same, written", each(bytes_written)});
  out.push_back({"attention_flops_per_token", "1", "all layers", each(attention_flops)});
  out.push_back({"policy_flops_per_token", "1", "the policy's own", each(policy_flops)});
  out.push_back({"policy_bytes_per_token", "B", "the policy's own", each(policy_bytes)});
  const HardwareSpec& gpu = point.hardware;
  SummaryValue joules;
  if (gpu.joules_per_hbm_byte && gpu.attention_joules_per_flop) {
    const double bytes = bytes_read + bytes_written + policy_bytes;
    joules = each(bytes * gpu.joules_per_hbm_byte->value +
                  (attention_flops + policy_flops) * gpu.attention_joules_per_flop->value);
  }
  out.push_back({"attention_j_per_token", "J",
                 "cache bytes, attention's and the policy's arithmetic; no weights", joules});
}

std::string text_of(const Summary& summary, const char* name, const char* format, double by = 1) {
  const auto number = summary_number(summary, name);
  return number ? fmt::format(fmt::runtime(format), *number * by) : "-";
}

}  // namespace

Summary attention_summary(const AttentionPoint& point) {
  const PolicyName name = split_budget(point.name);
  Summary summary;
  summary.entries.push_back({"policy", "", "without its budget", name.policy});
  summary.entries.push_back({"budget", "share", "of the prompt, or of the text",
                             name.budget > 0 ? SummaryValue(name.budget) : SummaryValue()});
  summary.entries.push_back(
      {"quality_model", "", "that quality was measured on", point.profile.model});
  add_quality(point.profile, name, summary.entries);
  add_heads(point, summary.entries);
  add_work(point, name, summary.entries);
  return summary;
}

Summary attention_summary_names() {
  const WorkProfile profile;
  const std::vector<AttentionRow> rows;
  const HardwareSpec hardware;
  return attention_summary({profile, rows, hardware, 0, token_eviction::kDense});
}

std::string attention_summary_table(const std::vector<SweepPoint>& points,
                                    const std::vector<Summary>& summaries) {
  std::vector<TableLine> lines = {{"policy", "budget", "resident", "mJ/token", "perplexity",
                                   "dense", "nll", "worst group", "its nll", "recall", "needle",
                                   "key-value"}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Summary& summary = summaries[i];
    const auto* group = std::get_if<std::string>(&summary.value("worst_group"));
    lines.push_back(
        {points[i].settings.front().second.text, text_of(summary, "budget", "{:g} %", 100),
         text_of(summary, "resident_tokens_mean", "{:.0f}"),
         text_of(summary, "attention_j_per_token", "{:.3f}", 1e3),
         text_of(summary, "perplexity", "{:.3f}"), text_of(summary, "perplexity_dense", "{:.3f}"),
         text_of(summary, "nll_increase_share", "{:+.2f} %", 100), group != nullptr ? *group : "-",
         text_of(summary, "worst_group_nll_increase_share", "{:+.2f} %", 100),
         text_of(summary, "recall_mean", "{:.4f}"), text_of(summary, "needle_share", "{:.2f}"),
         text_of(summary, "key_value_share", "{:.2f}")});
  }
  return aligned_table(lines);
}

}  // namespace kvern
