#include "models/facility.h"

#include <gtest/gtest.h>

#include "scenarios/toml_reader.h"

namespace kvern {
namespace {

Facility read(const std::string& text, std::string& errors) {
  Issues issues;
  const auto file = read_toml_text(text, "x.toml", issues);
  Parameters p(&*file, "energy", issues);
  const Facility facility = read_facility(p);
  p.finish();
  errors = issues.text();
  return facility;
}

TEST(Facility, ConvertsBoardJoulesByHand) {
  std::string errors;
  Facility f = read("host = \"xeon_platinum\"\npue = 1.2\nintensity = \"100 g/kWh\"", errors);
  EXPECT_EQ(errors, "");
  f.host_watts_per_gpu = 100;
  // 2 GPUs for 60 s: boards 60 kJ, hosts 2 * 100 W * 60 s = 12 kJ; 1.2 * 72 kJ = 86.4 kJ
  EXPECT_DOUBLE_EQ(*facility_joules(f, 60e3, 2, 60), 86.4e3);
  // 86.4 kJ = 0.024 kWh
  EXPECT_NEAR(*carbon_grams(f, 60e3, 2, 60), 2.4, 1e-12);
}

TEST(Facility, TheHostsCurveMeetsItsSource) {
  const double other = 64 * 4 + 8 * 11.2 + 8 * 5.9;
  EXPECT_NEAR((xeon_platinum_server_watts(0) - other) / 2, 35.6, .1);
  EXPECT_NEAR((xeon_platinum_server_watts(.5) - other) / 2, 182, .5);
  EXPECT_NEAR((xeon_platinum_server_watts(1) - other) / 2, 260, .5);
}

TEST(Facility, UnknownStaysUnknown) {
  std::string errors;
  const Facility nothing = read("", errors);
  EXPECT_FALSE(facility_joules(nothing, 1, 1, 1));
  EXPECT_FALSE(carbon_grams(nothing, 1, 1, 1));
  // Without a grid the facility's joules are known, its carbon is not.
  const Facility no_grid = read("host = \"xeon_platinum\"\npue = 1.1", errors);
  EXPECT_TRUE(facility_joules(no_grid, 1, 1, 1));
  EXPECT_FALSE(carbon_grams(no_grid, 1, 1, 1));
}

TEST(Facility, KnowsCountries) {
  std::string errors;
  EXPECT_NEAR(*read("grid = \"FRA\"", errors).grams_per_kwh, 56, .5);
  read("grid = \"FRO\"", errors);
  EXPECT_NE(errors.find("did you mean \"FRA\""), std::string::npos) << errors;
  read("grid = \"FRA\"\nintensity = \"5 g/kWh\"", errors);
  EXPECT_NE(errors.find("both"), std::string::npos) << errors;
}

}  // namespace
}  // namespace kvern
