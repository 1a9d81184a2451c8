// The points of a scenario's [[sweep]] tables, crossed: the first table varies slowest.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/program/spec/scenario.h"

namespace kvern {

struct SweepPoint {
  std::vector<std::pair<std::string, Config>> settings;  // key and value
  Config root;                                           // of the scenario file, with them set

  // "time_scale=0.5, blocks=2000"; "" without settings.
  std::string label() const;
};

// Without sweeps: one point without settings.
std::vector<SweepPoint> sweep_points(const Config& root, const std::vector<SweepSpec>& sweeps,
                                     Issues& issues);

// `settings` as one JSON object, keys as paths.
std::string point_json(const SweepPoint& point);

// Of `where` and `over`: every key of it is set to that value in the point. An integer equals the
// number of the same size.
bool at_point(const SweepPoint& point, const Config& where);

}  // namespace kvern
