#include "scenarios/program/run/expectation.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "sim/base/config/quantity.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

// A summary's unit as quantities spell it: "tokens/s" is "tok/s"; "" for plain numbers.
std::string quantity_unit(const std::string& unit) {
  std::string spelled = unit;
  for (const auto& [word, symbol] :
       {std::pair("tokens", "tok"), std::pair("token", "tok"), std::pair("requests", "req")}) {
    const std::size_t at = spelled.find(word);
    if (at != std::string::npos) spelled.replace(at, std::string(word).size(), symbol);
  }
  std::string why;
  return parse_quantity("1 " + spelled, why) ? spelled : "";
}

// "pools.0.ttft_ms_mean" and "pools.prefill.ttft_ms_mean" are a pool's.
const SummaryEntry* find_entry(const Summary& summary, std::string_view metric) {
  const std::vector<SummaryEntry>* entries = &summary.entries;
  if (metric.starts_with("pools.")) {
    metric.remove_prefix(6);
    const std::string_view pool = metric.substr(0, metric.find('.'));
    if (pool.size() == metric.size()) return nullptr;
    entries = nullptr;
    for (std::size_t i = 0; i < summary.pools.size(); ++i) {
      if (pool == summary.pools[i].name || pool == std::to_string(i)) {
        entries = &summary.pools[i].entries;
      }
    }
    if (entries == nullptr) return nullptr;
    metric.remove_prefix(pool.size() + 1);
  }
  const auto named = [entries](std::string_view name) -> const SummaryEntry* {
    for (const SummaryEntry& entry : *entries) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  };
  if (const SummaryEntry* entry = named(metric)) return entry;
  // "prefix_hit_ratio_by_tenant.3", where the object is null: unknown, but a name.
  const std::size_t dot = metric.rfind('.');
  const bool numbered = dot != metric.npos && dot + 1 < metric.size() &&
                        metric.find_first_not_of("0123456789", dot + 1) == metric.npos;
  return numbered ? named(metric.substr(0, dot)) : nullptr;
}

std::optional<double> number_of(const SummaryValue& value) {
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*count);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

std::optional<double> plain_number(const Config& value) {
  if (value.kind == Config::Kind::Integer) return static_cast<double>(value.integer);
  if (value.kind == Config::Kind::Number) return value.number;
  return std::nullopt;
}

// A number, or a quantity in `unit` ("" = ratio). Null with the reason in `why`.
std::optional<double> amount(const Config& value, const std::string& unit, std::string& why) {
  if (const auto number = plain_number(value)) return number;
  const auto quantity = parse_quantity(value.text, why);
  if (!quantity) return std::nullopt;
  const bool share = unit == "share" || unit.empty();
  const std::string target = share ? "%" : quantity_unit(unit);
  if (target.empty() || !quantity->same_kind(parse_unit(target))) {
    why = fmt::format("it is not in {}", share ? "%" : unit);
    return std::nullopt;
  }
  return value_in(*quantity, target) / (share ? 100 : 1);
}

bool is_percentage(const Config& value) {
  return value.kind == Config::Kind::Text && value.text.find('%') != std::string::npos;
}

// The half width of "within", around `value`.
std::optional<double> width(const ExpectSpec& expect, const std::string& unit, double value,
                            std::string& why) {
  if (!expect.tolerance) return 0;
  if (!is_percentage(*expect.tolerance)) return amount(*expect.tolerance, unit, why);
  const auto share = amount(*expect.tolerance, "share", why);
  return share ? std::optional(*share * std::abs(value)) : std::nullopt;
}

// The first point that `over` names and that agrees with `point` in all other keys.
std::optional<std::size_t> base_point(const std::vector<SweepPoint>& points,
                                      const SweepPoint& point, const Config& over) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!at_point(points[i], over)) continue;
    bool agrees = true;
    for (const auto& [key, value] : point.settings) {
      Config same;
      Config::Member& member = same.members.emplace_back();
      member.key = key;
      member.value = value;
      if (over.find(key) == nullptr && !at_point(points[i], same)) agrees = false;
    }
    if (agrees) return i;
  }
  return std::nullopt;
}

std::string amount_text(double value, const std::string& unit) {
  const bool plain = unit.empty() || unit == "1" || unit == "share";
  return fmt::format("{:.6g}{}{}", value, plain ? "" : " ", plain ? "" : unit);
}

Verdict verdict_of(const ExpectSpec& expect, std::optional<double> found, const std::string& unit,
                   const std::string& label) {
  std::string why;
  const double value = amount(expect.value, unit, why).value_or(0);
  const double spread = width(expect, unit, value, why).value_or(0);
  Verdict verdict;
  verdict.metric = expect.metric;
  verdict.unit = unit;
  verdict.point = label;
  verdict.sense = expect.sense;
  verdict.source = expect.source;
  verdict.peers = expect.peers;
  verdict.known = expect.known;
  verdict.got = found;
  verdict.expected = value;
  verdict.tolerance = spread;
  verdict.met = found && (expect.sense == "at_most" || *found >= value - spread) &&
                (expect.sense == "at_least" || *found <= value + spread);
  std::string wish = expect.sense == "within" ? "expected " : "expected " + expect.sense + " ";
  if (wish.find('_') != std::string::npos) wish.replace(wish.find('_'), 1, " ");
  const std::string spread_text = !expect.tolerance ? ""
                                  : is_percentage(*expect.tolerance)
                                      ? fmt::format(" within {}", expect.tolerance->text)
                                      : fmt::format(" within {}", amount_text(spread, unit));
  verdict.line =
      fmt::format("{:<5} {}{} = {}, {}{}{}{}",
                  verdict.met          ? "ok"
                  : verdict.is_known() ? "known"
                                       : "MISS",
                  expect.metric, expect.over ? " (ratio)" : "",
                  found ? amount_text(*found, unit) : "unknown", wish, amount_text(value, unit),
                  spread_text, expect.source.empty() ? "" : " (" + expect.source + ")");
  if (!label.empty()) verdict.line += " at " + label;
  if (verdict.is_known()) verdict.line += "; a known miss: " + expect.known;
  if (verdict.met && !expect.known.empty()) {
    verdict.line += "; met again, so its `known` can go: " + expect.known;
  }
  return verdict;
}

void check_points(const ExpectSpec& expect, const std::vector<SweepPoint>& points, Issues& issues) {
  for (const auto& place : {expect.at, expect.over}) {
    if (!place) continue;
    bool visited = false;
    for (const SweepPoint& point : points) visited = visited || at_point(point, *place);
    if (!visited) {
      issues.error(place->where, fmt::format("no point of a [[sweep]] has {}", toml_text(*place)));
    }
  }
}

}  // namespace

void check_summary_name(const std::string& name, const Summary& names, const Location& where,
                        Issues& issues) {
  if (find_entry(names, name) != nullptr) return;
  std::vector<std::string> known;
  for (const SummaryEntry& entry : names.entries) known.push_back(entry.name);
  issues.error(where, fmt::format("no summary has a \"{}\"", name), did_you_mean(name, known));
}

std::optional<double> summary_number(const Summary& summary, std::string_view name) {
  const SummaryEntry* entry = find_entry(summary, name);
  return entry != nullptr ? number_of(entry->value) : std::nullopt;
}

std::string summary_unit(const Summary& summary, std::string_view name) {
  const SummaryEntry* entry = find_entry(summary, name);
  return entry != nullptr ? entry->unit : "";
}

void check_expects(const std::vector<ExpectSpec>& expects, const std::vector<SweepPoint>& points,
                   const Summary& names, Issues& issues) {
  for (const ExpectSpec& expect : expects) {
    const SummaryEntry* entry = find_entry(names, expect.metric);
    if (entry == nullptr) {
      check_summary_name(expect.metric, names, expect.where, issues);
      continue;
    }
    const std::string unit = expect.over ? "" : entry->unit;
    std::string why;
    if (!amount(expect.value, unit, why)) {
      issues.error(expect.value.where, fmt::format("value = {}: {}", toml_text(expect.value), why));
    }
    if (!width(expect, unit, 0, why)) {
      issues.error(expect.tolerance->where,
                   fmt::format("tolerance = {}: {}", toml_text(*expect.tolerance), why));
    }
    check_points(expect, points, issues);
  }
}

std::vector<Verdict> judge(const std::vector<ExpectSpec>& expects,
                           const std::vector<SweepPoint>& points,
                           const std::vector<Summary>& summaries) {
  std::vector<Verdict> verdicts;
  for (const ExpectSpec& expect : expects) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (expect.at && !at_point(points[i], *expect.at)) continue;
      const SummaryEntry* entry = find_entry(summaries[i], expect.metric);
      // A sweep may be over pools: where there is none of the name there is nothing to judge.
      if (entry == nullptr && expect.metric.starts_with("pools.")) continue;
      std::optional<double> found = entry != nullptr ? number_of(entry->value) : std::nullopt;
      std::string unit = entry != nullptr ? entry->unit : "";
      if (expect.over) {
        const auto base = base_point(points, points[i], *expect.over);
        // A point is not compared with itself.
        if (!base || (*base == i && !expect.at)) continue;
        const SummaryEntry* below = find_entry(summaries[*base], expect.metric);
        const auto divisor = below != nullptr ? number_of(below->value) : std::nullopt;
        found = found && divisor && *divisor != 0 ? std::optional(*found / *divisor) : std::nullopt;
        unit.clear();
      }
      verdicts.push_back(verdict_of(expect, found, unit, points[i].label()));
    }
  }
  return verdicts;
}

}  // namespace kvern
