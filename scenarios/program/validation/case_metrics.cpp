#include "scenarios/program/validation/case_metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/text/expression.h"

namespace kvern {
namespace {

const std::vector<CaseMetric> kRequests = {
    {"queue", "s", "arrival to the start of the admitting step"},
    {"ttft", "s", "from issue (the arrival) to first token"},
    {"ttft_less_queue", "s", "from the start of the admitting step to first token"},
    {"tpot", "s", "(last - first token) / (output - 1)"},
    {"e2e", "s", "arrival to last token"},
    {"arrival", "s", "clock of the scenario"},
    {"first_scheduled", "s", "clock of the scenario"},
    {"first_token", "s", "clock of the scenario"},
    {"finish", "s", "clock of the scenario"},
    {"prompt_tokens", "", "length of the prompt"},
    {"output_tokens", "", "generated"},
    {"cached_tokens", "", "prefix hits of the first admission"},
    {"resumed_tokens", "", "prefix hits of later admissions"},
    {"recomputed_tokens", "", "computed before a preemption, and again"},
    {"preemptions", "", "times it was stopped for want of blocks"},
    {"energy", "J", "its share of the GPU boards' energy"},
};

const std::vector<CaseMetric> kSteps = {
    {"time", "s", "device time of the batch in the row (its columns decode_batch, ...)"},
    {"step", "s", "the same with the host's share"},
    {"energy", "J", "joules of the batch in the row, device alone"},
    {"power", "W", "the two divided"},
    {"kind", "", "of the run's step of the same number: prefill, decode, mixed"},
    {"sequences", "", "in that step's batch"},
    {"prefill_tokens", "", "prompt tokens computed in it"},
    {"blocks_used", "", "pinned during it"},
    {"running", "", "admitted"},
    {"waiting", "", "queued after it was planned"},
    {"preempted", "", "stopped when it was planned"},
    {"kv_tokens_read", "", "cached tokens that attention read"},
    {"start", "s", "clock of the scenario"},
    {"end", "s", "clock of the scenario"},
    {"duration", "s", "end - start"},
};

const std::vector<CaseMetric> kSeries = {
    {"power", "W", "of the GPU boards, steps and the idle time between"},
    {"energy", "J", "power x bin"},
    {"output_tokens_per_s", "", "generated"},
    {"prompt_tokens_per_s", "", "prompt tokens computed"},
    {"running", "", "requests, the most in the bin"},
    {"waiting", "", "requests, the most in the bin"},
    {"kv_used", "share", "of blocks, the most in the bin"},
    {"kv_resident", "share", "of blocks in use or cached, the most in the bin"},
    {"arrived", "", "requests in the bin"},
    {"finished", "", "requests in the bin"},
};

const std::vector<CaseMetric> kNone;

}  // namespace

const std::vector<CaseMetric>& case_metrics(std::string_view kind) {
  if (kind == "requests") return kRequests;
  if (kind == "steps") return kSteps;
  return kind == "series" ? kSeries : kNone;
}

std::optional<ShownMetric> find_metric(std::string_view kind, const std::string& name) {
  const auto named = [&](const std::string& stem) -> const CaseMetric* {
    for (const CaseMetric& metric : case_metrics(kind)) {
      if (stem == metric.stem) return &metric;
    }
    return nullptr;
  };
  if (const CaseMetric* metric = named(name)) {
    NamedUnit unit;
    unit.base = unit.unit = metric->base;
    return ShownMetric{metric, unit};
  }
  NamedUnit unit = named_unit(name);
  // Device time by the name it has in records of iterations.
  const CaseMetric* metric = named(kind == "steps" && unit.stem == "gpu" ? "time" : unit.stem);
  if (metric == nullptr || unit.base != metric->base) return std::nullopt;
  return ShownMetric{metric, unit};
}

bool priced_from_batch(std::string_view stem) {
  return stem == "time" || stem == "step" || stem == "energy" || stem == "power";
}

void check_metric(Parameters& p, const MeasuredSpec& spec) {
  std::string why;
  if (!spec.column.empty() && !Expression::parse(spec.column, why)) {
    p.error("column", fmt::format("column = \"{}\": {}", spec.column, why));
  }
  if (spec.kind == "rows") {
    if (!Expression::parse(spec.metric, why)) {
      p.error("metric", fmt::format("metric = \"{}\": {}", spec.metric, why));
    }
    if (spec.column.empty()) p.error("", "missing key \"column\" in [[measured]] of kind \"rows\"");
    return;
  }
  if (find_metric(spec.kind, spec.metric)) return;
  std::vector<std::string> known;
  for (const CaseMetric& metric : case_metrics(spec.kind)) {
    const std::string unit = *metric.base == 's' ? "ms" : *metric.base == 0 ? "" : metric.base;
    std::string small = unit;
    std::transform(small.begin(), small.end(), small.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    known.push_back(std::string(metric.stem) + (unit.empty() ? "" : "_" + small));
  }
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "they are " : ", ") + name;
  const std::string hint = did_you_mean(spec.metric, known);
  p.error("metric", fmt::format("{} have no \"{}\"", spec.kind, spec.metric),
          hint.empty() ? names : hint);
}

std::string describe_case_metrics() {
  std::string out;
  for (const char* kind : {"requests", "steps", "series"}) {
    out += fmt::format("metrics of kind \"{}\":\n", kind);
    for (const CaseMetric& metric : case_metrics(kind)) {
      const std::string base = metric.base;
      const std::string unit = base == "s"       ? "_ms, _s"
                               : base == "J"     ? "_j, _mj"
                               : base == "W"     ? "_w"
                               : base == "share" ? "_pct, _share"
                                                 : "";
      out += fmt::format("  {:<20} {:<13} {}\n", metric.stem, unit, metric.doc);
    }
  }
  out += "metrics of kind \"rows\": names of the summary, or arithmetic over them\n";
  return out;
}

}  // namespace kvern
