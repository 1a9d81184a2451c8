#include "scenarios/program/run/outcome_notes.h"

#include <fmt/format.h>

#include <cmath>

#include "analysis/text/text.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

std::uint64_t count_named(const Summary& summary, const char* name) {
  const auto* count = std::get_if<std::uint64_t>(&summary.value(name));
  return count != nullptr ? *count : 0;
}

std::string of_arrived(std::uint64_t count, std::uint64_t arrived) {
  return fmt::format("{} of {} requests ({:.1f} %)", with_thousands(count), with_thousands(arrived),
                     100.0 * static_cast<double>(count) / static_cast<double>(arrived));
}

std::string time_text(SimTime ns) {
  const auto value = static_cast<double>(ns);
  if (ns >= 1'000'000'000) return fmt::format("{:g} s", value * 1e-9);
  return ns >= 1'000'000 ? fmt::format("{:g} ms", value * 1e-6)
                         : fmt::format("{:g} us", value * 1e-3);
}

std::string limits_of(const Slo& slo) {
  std::string text;
  const auto add = [&text](const std::optional<SimTime>& limit, const char* what) {
    if (!limit) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, time_text(*limit));
  };
  add(slo.ttft_ns, "first token within");
  add(slo.tpot_ns, "a token every");
  add(slo.e2e_ns, "last token within");
  return text;
}

}  // namespace

std::string outcome_notes(const Summary& summary, const Slo& slo, const std::string& point) {
  const std::uint64_t arrived = count_named(summary, "requests_arrived");
  if (arrived == 0) return {};
  const std::string where = point.empty() ? "" : "at " + point + ": ";
  std::string notes;
  if (const std::uint64_t rejected = count_named(summary, "requests_rejected"); rejected > 0) {
    notes += fmt::format(
        "note: {}{} were rejected: admission turned them away, or no replica can hold them\n",
        where, of_arrived(rejected, arrived));
  }
  const auto* share = std::get_if<double>(&summary.value("slo_share"));
  if (share == nullptr || !slo.any()) return notes;
  const auto met = static_cast<std::uint64_t>(std::llround(*share * static_cast<double>(arrived)));
  if (met >= arrived) return notes;
  notes += fmt::format("note: {}{} did not meet the SLO ({})\n", where,
                       of_arrived(arrived - met, arrived), limits_of(slo));
  return notes;
}

}  // namespace kvern
