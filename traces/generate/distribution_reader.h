// Distributions as scenarios write them:
//
//   constant(value=512)   uniform(min=1, max=9)   exponential(mean=30 s)   geometric(mean=5)
//   quantiles(percent=[0, 50, 100], value=[3, 40, 900])
//   quantiles(file=lengths.csv, column=prompt)
//
// of tokens or counts (bare numbers, at least 1) or of times (quantities; drawn in nanoseconds).
#pragma once

#include <optional>

#include "sim/base/config/parameters.h"
#include "traces/generate/distribution.h"

namespace kvern {

enum class Drawn { Counts, Times };

// The distribution under `key`, written as `default_text` where absent ("" = none: null without an
// issue). Null with an issue where it can't be read.
std::optional<Distribution> distribution_key(Parameters& parameters, const char* key,
                                             const char* default_text, const char* doc,
                                             Drawn drawn = Drawn::Counts);

// From the inline lists `percent` and `value`, or from `file` and `column`.
std::optional<Distribution> read_quantiles(Parameters& parameters, Drawn drawn);

}  // namespace kvern
