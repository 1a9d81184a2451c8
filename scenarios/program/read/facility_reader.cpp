#include "scenarios/program/read/facility_reader.h"

#include <charconv>

#include "models/power/meter.h"
#include "scenarios/program/read/data_files.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/toml_reader.h"
#include "sim/base/io/byte_source.h"
#include "sim/base/io/csv.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

Config facility_file(const std::string& name, Issues& issues) {
  auto file = read_toml(data_path("facility", name), issues);
  return file ? std::move(*file) : Config{};
}

// A CSV with the column g_per_kwh, a row a step.
void read_series(Parameters& p, const std::string& file, Facility& f) {
  const auto name = p.find<std::string>(
      "intensity_series", "CSV with a column g_per_kwh, a row a step; begins anew after the last");
  const Duration step =
      p.get("series_step", Duration{3600 * kSecond}, "time a row", Range{1e9, 1e18});
  const Duration start =
      p.get("series_start", Duration{0}, "where in the series the run begins", Range{0, 1e18});
  if (!name) return;
  if (f.grams_per_kwh) {
    p.error("intensity_series", "a constant and a series both say how clean the electricity is");
    return;
  }
  f.series.file = path_beside(p, "intensity_series", *name, file);
  try {
    ByteSource source(f.series.file);
    CsvReader csv(source);
    const auto column = csv.column("g_per_kwh");
    if (!column) {
      p.error("intensity_series", f.series.file + " has no column g_per_kwh");
      return;
    }
    while (csv.next()) {
      const std::string_view text = csv.field(*column);
      double grams = -1;
      std::from_chars(text.data(), text.data() + text.size(), grams);
      if (grams >= 0) {
        f.series.grams_per_kwh.push_back(grams);
        continue;
      }
      p.error("intensity_series", f.series.file + ":" + std::to_string(csv.line()) +
                                      ": not a number of grams: " + std::string(text));
      return;
    }
  } catch (const OutsideError& error) {
    p.error("intensity_series", error.what());
    return;
  }
  if (f.series.grams_per_kwh.empty()) {
    p.error("intensity_series", f.series.file + " has no rows");
    return;
  }
  f.series.step = step.ns;
  f.series.start = start.ns;
  f.sources += std::string(f.sources.empty() ? "" : "; ") + "use: " + f.series.file;
}

void read_meter(Parameters& p, Scenario& scenario) {
  scenario.meter = p.choice("meter", "off", {"off", "instant", "average"},
                            "what the boards' meters would have shown, as a series in /meter");
  scenario.meter_gain = p.get("meter_gain", 1.0, "of the boards' meters", Range{0.9, 1.1});
  if (scenario.meter == "off") return;
  for (const PoolSpec& pool : scenario.pools) {
    if (meter_of(pool.hardware, scenario.meter)) continue;
    p.error("meter", "nobody measured the " + scenario.meter + " meter of " +
                         (pool.hardware.empty() ? "no hardware" : pool.hardware));
  }
}

}  // namespace

FacilityData load_facility_data() {
  Issues issues;
  FacilityData data =
      read_facility_data({facility_file("grids", issues), facility_file("hosts", issues),
                          facility_file("operators", issues), facility_file("embodied", issues),
                          facility_file("fabs", issues)},
                         issues);
  if (issues.any_error()) throw OutsideError(issues.text());
  return data;
}

void read_energy(Parameters p, const std::string& file, Scenario& scenario) {
  scenario.attribution =
      p.choice("attribution", "token_share", {"token_share", "equal_share", "shapley"},
               "how a step's requests share what is not their own FLOPs and bytes");
  scenario.facility = read_facility(p, load_facility_data());
  read_series(p, file, scenario.facility);
  read_meter(p, scenario);
  p.finish();
}

}  // namespace kvern
