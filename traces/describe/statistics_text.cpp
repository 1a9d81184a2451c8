#include <fmt/format.h>

#include <cmath>

#include "traces/describe/statistics.h"

namespace kvern {

namespace {

// Up to `digits` decimals, without zeros at the end.
std::string number(double value, int digits = 4) {
  if (std::isnan(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string seconds(SimTime ns) {
  std::string text = fmt::format("{}.{:09}", ns / kSecond, ns % kSecond);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string line(const char* name, const std::string& text) {
  return text.empty() ? "" : fmt::format("{:<15} {}\n", name, text);
}

std::string lengths(const LengthStatistics& s) {
  return fmt::format("mean {}, p50 {}, p90 {}, p99 {}, max {}, sum {}", number(s.mean),
                     number(s.p50), number(s.p90), number(s.p99), s.max, s.sum);
}

std::string blocks(const TraceStatistics& s, const TraceHeader& header) {
  if (header.block_size == 0) return "none";
  return fmt::format("{} of {} tokens ({}), {} distinct; {} seen before = {} prompt tokens",
                     s.block_references, header.block_size,
                     header.block_rule == BlockRule::Ceil ? "ceil" : "floor",
                     header.distinct_blocks, s.block_repeats, s.tokens_repeated);
}

}  // namespace

std::string statistics_text(const TraceStatistics& s, const Trace& trace) {
  const TraceHeader& h = trace.header;
  const Provenance& p = trace.provenance;
  std::string text = line("trace", h.name);
  text +=
      line("requests", fmt::format("{} in {} s, {} per s, fullest minute {}", s.requests,
                                   seconds(s.span_ns), number(s.rate_per_s), s.peak_per_minute));
  text += line("gaps", fmt::format("CV {}, longest {} s, {} of zero", number(s.gap_cv),
                                   seconds(s.gap_max_ns), s.gaps_zero));
  text += line("dispersion", fmt::format("1 s {}, 10 s {}, 60 s {}", number(s.dispersion[0], 3),
                                         number(s.dispersion[1], 3), number(s.dispersion[2], 3)));
  text += line("prompt tokens", lengths(s.prompt));
  text += line("output tokens", lengths(s.output));
  if (s.without_output > 0) {
    text += line("without output", fmt::format("{} requests", s.without_output));
  }
  text += line("correlation",
               fmt::format("Pearson {}, Spearman {}", number(s.pearson), number(s.spearman)));
  text += line("blocks", blocks(s, h));
  if (trace.answers.total() > 0) {
    text += line("answers",
                 fmt::format("{} blocks, which later prompts may repeat", trace.answers.total()));
  }
  if (s.sessions > 0) text += line("sessions", std::to_string(s.sessions));
  if (h.chained) text += line("turns", "each begins with the whole turn before it");
  if (!trace.waits_on.empty()) {
    text += line("waits", fmt::format("{} on earlier requests", trace.waits_on.size()));
  }
  text += line("loop, clock", fmt::format("{}, {}", h.closed ? "closed" : "open", h.clock));
  text += line("epoch", h.epoch_utc);
  text += line("tokenizer", h.tokenizer);
  text += line("source", p.source + (p.source_commit.empty() ? "" : " " + p.source_commit));
  text += line("source sha256", p.source_sha256);
  text += line("licence", p.licence);
  text += line("importer", p.importer);
  if (p.seed) text += line("seed", std::to_string(*p.seed));
  return text + line("content sha256", p.content_sha256);
}

}  // namespace kvern
