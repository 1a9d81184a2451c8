#include "scenarios/program/run/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/program/read/set_value.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

bool same_value(const Config& a, const Config& b) {
  const auto numeric = [](const Config& value) {
    return value.kind == Config::Kind::Integer || value.kind == Config::Kind::Number;
  };
  const auto number = [](const Config& value) {
    return value.kind == Config::Kind::Integer ? static_cast<double>(value.integer) : value.number;
  };
  if (numeric(a) && numeric(b)) return number(a) == number(b);
  return toml_text(a) == toml_text(b);
}

std::string json_text(const Config& value) {
  if (value.kind == Config::Kind::Array) {
    std::string out;
    for (const Config& item : value.items) out += (out.empty() ? "" : ", ") + json_text(item);
    return "[" + out + "]";
  }
  if (value.kind == Config::Kind::Table) {
    std::string out;
    for (const auto& [key, where, item] : value.members) {
      out += (out.empty() ? "" : ", ") + toml_text(std::string_view(key)) + ": " + json_text(item);
    }
    return "{" + out + "}";
  }
  return toml_text(value);  // texts, numbers and booleans are written alike
}

// Each point is a process, a folder and a copy of the scenario in memory.
bool too_many(const std::vector<SweepSpec>& sweeps, Issues& issues) {
  constexpr std::size_t kMostPoints = 4096;
  std::size_t points = 1;
  for (const SweepSpec& sweep : sweeps) {
    if (sweep.values.empty() || points <= kMostPoints / sweep.values.size()) {
      points *= sweep.values.size();
      continue;
    }
    issues.error(sweep.where,
                 fmt::format("with the {} values of \"{}\" the sweep has too many points",
                             sweep.values.size(), sweep.key),
                 fmt::format("{} at most: the values of all sweeps, multiplied", kMostPoints));
    return true;
  }
  return false;
}

// Two equal points would be one run with two rows.
bool twice(const std::vector<SweepSpec>& sweeps, Issues& issues) {
  bool found = false;
  for (const SweepSpec& sweep : sweeps) {
    for (auto value = sweep.values.begin(); value != sweep.values.end(); ++value) {
      const bool seen = std::any_of(sweep.values.begin(), value, [&](const Config& earlier) {
        return same_value(earlier, *value);
      });
      if (!seen) continue;
      issues.error(sweep.where,
                   fmt::format("\"{}\" is to be {} twice", sweep.key, toml_text(*value)),
                   "each value is one run; name it once");
      found = true;
    }
  }
  return found;
}

}  // namespace

std::string SweepPoint::label() const {
  std::string out;
  for (const auto& [key, value] : settings) {
    const std::string text = value.kind == Config::Kind::Text ? value.text : toml_text(value);
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, text);
  }
  return out;
}

std::vector<SweepPoint> sweep_points(const Config& root, const std::vector<SweepSpec>& sweeps,
                                     Issues& issues) {
  if (too_many(sweeps, issues) || twice(sweeps, issues)) return {};
  std::vector<SweepPoint> points{{{}, root}};
  for (const SweepSpec& sweep : sweeps) {
    std::vector<SweepPoint> crossed;
    for (const SweepPoint& point : points) {
      for (const Config& value : sweep.values) {
        SweepPoint next = point;
        next.settings.emplace_back(sweep.key, value);
        set_value(next.root, sweep.key, value, issues);
        crossed.push_back(std::move(next));
      }
    }
    points = std::move(crossed);
  }
  return points;
}

std::string point_json(const SweepPoint& point) {
  std::string out;
  for (const auto& [key, value] : point.settings) {
    out += (out.empty() ? "" : ", ") + toml_text(std::string_view(key)) + ": " + json_text(value);
  }
  return "{" + out + "}";
}

bool at_point(const SweepPoint& point, const Config& where) {
  for (const auto& member : where.members) {
    bool set = false;
    for (const auto& [key, value] : point.settings) {
      if (key == member.key && same_value(value, member.value)) set = true;
    }
    if (!set) return false;
  }
  return true;
}

}  // namespace kvern
