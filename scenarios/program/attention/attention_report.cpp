#include "scenarios/program/attention/attention_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "analysis/quality/quality_table.h"
#include "analysis/text/text.h"

namespace kvern {
namespace {

std::string positions(const std::vector<std::uint32_t>& list) {
  return fmt::format("[{}]", fmt::join(list, ","));
}

// Unknown is null: no decode step, or only null rows.
std::string mean_or_null(double sum, std::uint64_t count) {
  return count > 0 ? fmt::format("{}", sum / static_cast<double>(count)) : "null";
}

// Of one policy on one sequence: what its rows repeat.
struct Quality {
  double nll = 0, divergence = 0;
  std::uint64_t tokens = 0, agrees = 0;

  void add(const TokenLosses& losses) {
    for (std::size_t i = 0; i < losses.loss.size(); ++i) {
      nll += losses.loss[i];
      divergence += losses.divergence[i];
      agrees += losses.agrees[i];
    }
    tokens += losses.loss.size();
  }
};

std::string json_quality(const Quality& quality) {
  const double mean_nll = quality.nll / static_cast<double>(quality.tokens);
  return fmt::format(",\"nll\":{},\"perplexity\":{},\"top1_agreement\":{},\"kl\":{}",
                     mean_or_null(quality.nll, quality.tokens),
                     quality.tokens > 0 ? fmt::format("{}", perplexity(mean_nll)) : "null",
                     mean_or_null(static_cast<double>(quality.agrees), quality.tokens),
                     mean_or_null(quality.divergence, quality.tokens));
}

std::string json_row(const AttentionReport& report, const AttentionRow& row,
                     const std::string& quality) {
  const HeadReplay& head = row.replay;
  return fmt::format(
      "{{\"policy\":{},\"sequence\":{},\"layer\":{},\"head\":{},\"kept\":{},\"hidden\":{},"
      "\"steps\":{},\"recall_mean\":{},\"recall_min\":{},\"output_error_mean\":{},"
      "\"overlap_mean\":{},\"sparsity_mean\":{},\"persistence\":{},"
      "\"null_rows\":{},\"resident_max\":{},\"read_last_step\":{},\"bytes_read\":{},"
      "\"bytes_written\":{},\"flops\":{},\"policy_flops\":{}{}}}",
      quoted_text(report.policies[row.policy]), row.sequence, row.layer, row.head,
      positions(head.kept), positions(head.hidden), head.steps,
      mean_or_null(head.recall_sum, head.rows),
      head.rows > 0 ? fmt::format("{}", head.recall_min) : "null",
      mean_or_null(head.error_sum, head.rows), mean_or_null(head.overlap_sum, head.rows),
      mean_or_null(head.sparsity_sum, head.rows), mean_or_null(head.persistent, head.pivotal),
      head.null_rows, head.resident_max, head.read_last_step, head.work.bytes_read,
      head.work.bytes_written, head.work.flops, head.own.flops, quality);
}

std::string ratio_text(double sum, std::uint64_t count, const char* none = "-") {
  return count > 0 ? fmt::format("{:.6f}", sum / static_cast<double>(count)) : none;
}

}  // namespace

std::string attention_json(const AttentionReport& report) {
  std::string text = "[";
  std::string quality;
  const AttentionRow* last = nullptr;
  std::size_t sequence = 0;  // index of the row's among the sequences
  for (const AttentionRow& row : report.result.rows) {
    if (report.closed != nullptr &&
        (last == nullptr || last->policy != row.policy || last->sequence != row.sequence)) {
      sequence = last == nullptr || last->policy != row.policy ? 0 : sequence + 1;
      Quality of_both;
      of_both.add(report.closed->sequences[sequence].policies[row.policy]);
      quality = json_quality(of_both);
    }
    last = &row;
    text += (text.size() > 1 ? ",\n " : "\n ") + json_row(report, row, quality);
  }
  return text + "\n]\n";
}

std::string attention_table(const AttentionReport& report) {
  std::vector<HeadReplay> totals(report.policies.size());  // all rows of a policy as one
  for (const AttentionRow& row : report.result.rows) totals[row.policy] += row.replay;
  std::vector<TableLine> lines = {{"policy", "recall", "min", "output error", "overlap", "sparsity",
                                   "persistence", "resident max", "bytes read", "bytes written",
                                   "flops"}};
  for (std::size_t p = 0; p < totals.size(); ++p) {
    const HeadReplay& sum = totals[p];
    lines.push_back({report.policies[p], ratio_text(sum.recall_sum, sum.rows),
                     ratio_text(sum.recall_min, sum.rows > 0 ? 1 : 0),
                     ratio_text(sum.error_sum, sum.rows), ratio_text(sum.overlap_sum, sum.rows),
                     ratio_text(sum.sparsity_sum, sum.rows),
                     ratio_text(sum.persistent, sum.pivotal), fmt::format("{}", sum.resident_max),
                     fmt::format("{}", sum.work.bytes_read),
                     fmt::format("{}", sum.work.bytes_written), fmt::format("{}", sum.work.flops)});
  }
  std::string text = aligned_table(lines);
  if (report.profile != nullptr) text += "\n" + quality_table(*report.profile);
  return text;
}

}  // namespace kvern
