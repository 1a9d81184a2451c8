#include "scenarios/program/attention/attention_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/text/text.h"
#include "scenarios/program/attention/attention_run.h"

namespace kvern {
namespace {

// Unknown is null.
std::string known(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

std::string mean(double sum, std::uint64_t count) {
  return count > 0 ? known(sum / static_cast<double>(count)) : "null";
}

// What both kinds of rows say of the work of their steps.
std::string json_work(const StepReplay& sum) {
  TokenWork all = sum.attention;
  all += sum.own;
  return fmt::format(
      "\"recall_mean\":{},\"output_error_mean\":{},\"overlap_mean\":{},\"sparsity_mean\":{},"
      "\"null_rows\":{},\"resident_mean\":{},\"read_mean\":{},\"bytes_read\":{},"
      "\"bytes_written\":{},\"flops\":{},\"policy_flops\":{},\"policy_bytes_read\":{},"
      "\"policy_bytes_written\":{}",
      mean(sum.recall, sum.rows), mean(sum.error, sum.rows), mean(sum.overlap, sum.rows),
      mean(sum.sparsity, sum.rows), sum.null_rows,
      mean(static_cast<double>(sum.resident), sum.heads),
      mean(static_cast<double>(sum.read), sum.heads), all.bytes_read, all.bytes_written, all.flops,
      sum.own.flops, sum.own.bytes_read, sum.own.bytes_written);
}

std::string json_loss(const SequenceQuality& quality, std::size_t policy, std::size_t step) {
  const TokenLosses& own = quality.policies[policy];
  if (step >= own.loss.size()) {
    return ",\"nll\":null,\"nll_dense\":null,\"kl\":null,\"top1_agreement\":null,\"right\":null";
  }
  return fmt::format(",\"nll\":{},\"nll_dense\":{},\"kl\":{},\"top1_agreement\":{},\"right\":{}",
                     known(own.loss[step]), known(quality.dense.loss[step]),
                     known(own.divergence[step]), own.agrees[step], own.right[step]);
}

std::string json_quality(const QualityRow& row) {
  return fmt::format(
      ",\"tokens\":{},\"nll\":{},\"nll_dense\":{},\"perplexity\":{},\"perplexity_dense\":{},"
      "\"nll_increase_share\":{},\"nll_increase_low_share\":{},\"nll_increase_high_share\":{},"
      "\"top1_agreement\":{},\"kl\":{},\"accuracy\":{},\"accuracy_dense\":{}",
      row.tokens, known(row.nll), known(row.nll_dense), known(perplexity(row.nll)),
      known(perplexity(row.nll_dense)), known(row.increase_share), known(row.increase_low),
      known(row.increase_high), known(row.top1_agreement), known(row.kl), known(row.accuracy),
      known(row.accuracy_dense));
}

class Rows {
 public:
  void add(const std::string& row) { text_ += (text_.size() > 1 ? ",\n " : "\n ") + row; }
  std::string done() const { return text_ + "\n]\n"; }

 private:
  std::string text_ = "[";
};

}  // namespace

std::string attention_step_rows(const AttentionReport& report, const AttentionTexts& texts) {
  Rows rows;
  for (std::size_t p = 0; p < report.policies.size(); ++p) {
    for (const SequenceReplay& sequence : report.result.sequences) {
      const ClosedText& text = texts.texts[sequence.index];
      const std::vector<StepReplay>& steps = sequence.steps[p];
      for (std::size_t s = 0; s < steps.size(); ++s) {
        rows.add(fmt::format(
            "{{\"policy\":{},\"sequence\":{},\"step\":{},\"position\":{},\"heads\":{},{}{}}}",
            quoted_text(report.policies[p]), text.number, s, text.prompt_tokens + s, steps[s].heads,
            json_work(steps[s]),
            report.closed != nullptr ? json_loss(report.closed->sequences[sequence.index], p, s)
                                     : ""));
      }
    }
  }
  return rows.done();
}

std::string attention_group_rows(const AttentionReport& report, const AttentionTexts& texts) {
  Rows rows;
  const std::vector<TokenGroup> groups = token_groups(texts.texts, texts.tags, texts.counts);
  for (std::size_t p = 0; p < report.policies.size(); ++p) {
    const PolicyName name = split_budget(report.policies[p]);
    const auto quality = [&](const std::string& kind, const std::string& group) {
      return report.profile != nullptr
                 ? find_quality(*report.profile, name.policy, name.budget, kind, group)
                 : nullptr;
    };
    const QualityRow* worst = report.profile != nullptr
                                  ? worst_group(*report.profile, name.policy, name.budget)
                                  : nullptr;
    const auto begin = [&](const std::string& kind, const std::string& group, bool is_worst) {
      return fmt::format("{{\"policy\":{},\"kind\":{},\"group\":{},\"worst\":{}",
                         quoted_text(report.policies[p]), quoted_text(kind), quoted_text(group),
                         is_worst);
    };
    for (const TokenGroup& group : groups) {
      const QualityRow* row = quality(group.kind, group.name);
      const GroupWork work = group_work(group, texts.texts, report.result.sequences, p);
      rows.add(begin(group.kind, group.name, row != nullptr && row == worst) +
               fmt::format(",\"steps\":{},", work.steps) + json_work(work.sum) +
               (row != nullptr ? json_quality(*row) : "") + "}");
    }
    for (const char* asked : {"needle", "key_value"}) {
      const QualityRow* row = quality("retrieval", asked);
      if (row != nullptr) rows.add(begin("retrieval", asked, false) + json_quality(*row) + "}");
    }
  }
  return rows.done();
}

}  // namespace kvern
