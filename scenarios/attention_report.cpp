#include "scenarios/attention_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analysis/text.h"

namespace kvern {
namespace {

std::string positions(const std::vector<std::uint32_t>& list) {
  return fmt::format("[{}]", fmt::join(list, ","));
}

// Unknown is null: no decode step, or only null rows.
std::string mean(double sum, std::uint64_t count) {
  return count > 0 ? fmt::format("{}", sum / static_cast<double>(count)) : "null";
}

std::string json_row(const AttentionReport& report, const AttentionRow& row) {
  const HeadReplay& head = row.replay;
  return fmt::format(
      "{{\"policy\":{},\"sequence\":{},\"layer\":{},\"head\":{},\"kept\":{},\"hidden\":{},"
      "\"steps\":{},\"recall_mean\":{},\"recall_min\":{},\"output_error_mean\":{},"
      "\"null_rows\":{},\"resident_max\":{},\"read_last_step\":{},\"bytes_read\":{},"
      "\"bytes_written\":{},\"flops\":{}}}",
      quoted_text(report.policies[row.policy]), row.sequence, row.layer, row.head,
      positions(head.kept), positions(head.hidden), head.steps, mean(head.recall_sum, head.rows),
      head.rows > 0 ? fmt::format("{}", head.recall_min) : "null", mean(head.error_sum, head.rows),
      head.null_rows, head.resident_max, head.read_last_step, head.work.bytes_read,
      head.work.bytes_written, head.work.flops);
}

// All rows of one policy as one.
struct PolicyTotal {
  HeadReplay sum;
  double resident = 0;  // mean over heads of the largest
  std::uint32_t heads = 0;

  void add(const HeadReplay& head) {
    sum.steps = std::max(sum.steps, head.steps);
    sum.rows += head.rows;
    sum.recall_sum += head.recall_sum;
    if (head.rows > 0) sum.recall_min = std::min(sum.recall_min, head.recall_min);
    sum.error_sum += head.error_sum;
    sum.resident_max = std::max(sum.resident_max, head.resident_max);
    sum.work += head.work;
    ++heads;
  }
};

std::string ratio(double sum, std::uint64_t count, const char* none = "-") {
  return count > 0 ? fmt::format("{:.6f}", sum / static_cast<double>(count)) : none;
}

using Line = std::vector<std::string>;

// Columns as wide as their widest cell; the first to the left, the others to the right.
std::string aligned(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths;
  for (const Line& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    std::string row = fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i)
      row += fmt::format("  {:>{}}", line[i], widths[i]);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

std::string attention_json(const AttentionReport& report) {
  std::string text = "[";
  for (const AttentionRow& row : report.result.rows) {
    text += (text.size() > 1 ? ",\n " : "\n ") + json_row(report, row);
  }
  return text + "\n]\n";
}

std::string attention_table(const AttentionReport& report) {
  std::vector<PolicyTotal> totals(report.policies.size());
  for (const AttentionRow& row : report.result.rows) totals[row.policy].add(row.replay);
  std::vector<Line> lines = {{"policy", "recall", "min", "output error", "resident max",
                              "bytes read", "bytes written", "flops"}};
  for (std::size_t p = 0; p < totals.size(); ++p) {
    const HeadReplay& sum = totals[p].sum;
    lines.push_back({report.policies[p], ratio(sum.recall_sum, sum.rows),
                     ratio(sum.recall_min, sum.rows > 0 ? 1 : 0), ratio(sum.error_sum, sum.rows),
                     fmt::format("{}", sum.resident_max), fmt::format("{}", sum.work.bytes_read),
                     fmt::format("{}", sum.work.bytes_written), fmt::format("{}", sum.work.flops)});
  }
  return aligned(lines);
}

}  // namespace kvern
