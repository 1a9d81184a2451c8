// Beyond the boards, by hand.
#include "models/facility.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/facility_reader.h"
#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

Facility read(const std::string& text, std::string& errors) {
  Issues issues;
  const auto file = read_toml_text(text, "x.toml", issues);
  Parameters p(&*file, "energy", issues);
  Facility facility = read_facility(p, load_facility_data());
  p.finish();
  errors = issues.text();
  return facility;
}

BoardUse two_boards_for_a_minute() {
  BoardUse use;
  use.hardware = "h100_sxm";
  use.gpus = 2;
  use.joules = 60e3;
  use.seconds = 60;
  return use;
}

TEST(Facility, ConvertsBoardJoulesByHand) {
  std::string errors;
  Facility f = read(
      "host = \"xeon_platinum\"\npue = 1.2\nintensity = \"100 g/kWh\"\n"
      "market_intensity = \"0 g/kWh\"\nmarginal_intensity = \"500 g/kWh\"\n"
      "wue = 0.5\ngrid_water = 3\n[server]\nfans_psu = 0.1",
      errors);
  EXPECT_EQ(errors, "");
  f.host_watts_per_gpu = 100;
  // 2 GPUs for 60 s: boards 60 kJ, hosts 2 * 100 W * 60 s = 12 kJ, fans 10 %: 79.2 kJ; facility 1.2
  // times that: 95.04 kJ = 0.0264 kWh
  const Footprint out = footprint_of(f, load_facility_data(), two_boards_for_a_minute());
  EXPECT_NEAR(*out.it_joules, 79.2e3, 1e-6);
  EXPECT_NEAR(*out.facility_joules, 95.04e3, 1e-6);
  EXPECT_NEAR(*out.use_grams, 2.64, 1e-9);
  EXPECT_EQ(*out.market_grams, 0);
  EXPECT_NEAR(*out.marginal_grams, 13.2, 1e-9);
  // 0.022 kWh of IT x (0.5 + 1.2 x 3) L/kWh
  EXPECT_NEAR(*out.water_litres, .0902, 1e-9);
  EXPECT_FALSE(out.embodied_grams);  // no lifetime
}

TEST(Facility, TheHostsCurveMeetsItsSource) {
  std::string errors;
  // Two sockets, 64 DIMMs of 4 W, 8 NICs of 11.2 W, 8 disks of 5.9 W, for 8 GPUs.
  const double other = 64 * 4 + 8 * 11.2 + 8 * 5.9;
  const auto socket = [&](const char* load) {
    const Facility f = read(std::string("host = \"xeon_platinum\"\nhost_load = ") + load, errors);
    return (*f.host_watts_per_gpu * 8 - other) / 2;
  };
  EXPECT_NEAR(socket("0.0"), 35.6, .1);
  EXPECT_NEAR(socket("0.5"), 182, .5);
  EXPECT_NEAR(socket("1.0"), 260, .5);
}

// server = 342.7 + 1.151 x board: 280 W of board make 665 W.
TEST(Facility, TheA6000Server) {
  std::string errors;
  const Facility f = read("host = \"a6000_server\"\ngpus_per_node = 1", errors);
  BoardUse use;
  use.gpus = 1;
  use.joules = 280;
  use.seconds = 1;
  EXPECT_NEAR(*footprint_of(f, load_facility_data(), use).it_joules, 342.7 + 1.151 * 280, .01);
}

TEST(Facility, UnknownStaysUnknown) {
  std::string errors;
  const FacilityData data = load_facility_data();
  const Footprint nothing = footprint_of(read("", errors), data, two_boards_for_a_minute());
  EXPECT_FALSE(nothing.it_joules || nothing.facility_joules || nothing.use_grams);
  EXPECT_FALSE(nothing.water_litres || nothing.embodied_grams);
  // Without a grid the facility's joules are known, its carbon is not.
  const Footprint no_grid =
      footprint_of(read("host = \"xeon_platinum\"\noperator = \"aws\"", errors), data,
                   two_boards_for_a_minute());
  EXPECT_TRUE(no_grid.facility_joules);
  EXPECT_FALSE(no_grid.use_grams);
  EXPECT_FALSE(no_grid.water_litres);  // no grid's water
}

TEST(Facility, KnowsCountriesAndOperators) {
  std::string errors;
  EXPECT_NEAR(*read("grid = \"FRA\"", errors).grams_per_kwh, 56, .5);
  EXPECT_EQ(*read("operator = \"google\"", errors).pue, 1.09);
  read("grid = \"FRO\"", errors);
  EXPECT_NE(errors.find("did you mean \"FRA\""), std::string::npos) << errors;
  read("grid = \"FRA\"\nintensity = \"5 g/kWh\"", errors);
  EXPECT_NE(errors.find("both"), std::string::npos) << errors;
}

// 8.14 cm2 x (2.75 kWh x 642 g + 327.5 g + 500 g) / .875 = 24.1 kg; the A100's 20.3 kg.
TEST(Embodied, ActDies) {
  const FacilityData data = load_facility_data();
  EXPECT_NEAR(*act_die_grams(data, data.boards.at("h100_sxm")) / 1e3, 24.1, .05);
  EXPECT_NEAR(*act_die_grams(data, data.boards.at("a100_80")) / 1e3, 20.3, .06);
  EXPECT_FALSE(act_die_grams(data, data.boards.at("b200")));  // its area is not in the file
}

// (5700 / 8 + 164) kg = 876.5 kg: over 3 years 33.4 g a GPU-hour, over 5 years 20.0.
TEST(Embodied, IsSpreadOverALifetime) {
  std::string errors;
  const FacilityData data = load_facility_data();
  BoardUse use;
  use.hardware = "h100_sxm";
  use.gpus = 1;
  use.seconds = 3600;
  const auto grams = [&](const std::string& text) {
    return *footprint_of(read(text, errors), data, use).embodied_grams;
  };
  EXPECT_NEAR(grams("lifetime = \"3 y\""), 33.4, .05);
  EXPECT_NEAR(grams("lifetime = \"5 y\""), 20.0, .05);
  EXPECT_NEAR(grams("lifetime = \"3 y\"\nutilisation = \"50 %\""), 66.7, .1);
  EXPECT_NEAR(grams("lifetime = \"3 y\"\nembodied = \"boavizta\""), 41.27, .05);
  // 0.75 kW, PUE 1.2: 360 g an hour at 400 g/kWh, so 8.5 % is embodied; 40 % at 56 g/kWh.
  EXPECT_NEAR(33.36 / (33.36 + .75 * 1.2 * 400), .085, .001);
  EXPECT_NEAR(33.36 / (33.36 + .75 * 1.2 * 56), .4, .004);
}

TEST(Service, AYearByHand) {
  std::string errors;
  const Facility f = read(
      "intensity = \"100 g/kWh\"\npue = 1.5\n[service]\ndevice = \"75 W\"\n"
      "device_time = \"60 s\"\ndevice_carbon = \"200 kg\"\n"
      "device_lifetime = \"4 y\"\nnetwork = \"0.06 kWh/GB\"\n"
      "request_bytes = \"10 kB\"\nweb_host = \"100 W\"\n"
      "training_carbon = \"10 t\"\ntraining_lifetime = \"2 y\"",
      errors);
  EXPECT_EQ(errors, "");
  Footprint servers;
  servers.use_grams = 2;
  servers.embodied_grams = 1;
  // A run of 365 s: a year is 86,400 of them. 10 requests each: 864,000 a year.
  const ServiceYear year = service_year(f, servers, 365, 10, 1000);
  EXPECT_NEAR(*year.servers_use_g, 172'800, 1e-6);
  // 75 W x 60 s = 1.25 Wh, 0.125 g a request
  EXPECT_NEAR(*year.devices_use_g, 108'000, 1e-6);
  // 60 s of 4 years x 30 %: 200 kg x 60 / 37,843,200 = 0.3171 g
  EXPECT_NEAR(*year.devices_embodied_g, 864'000 * 200e3 * 60 / 37'843'200, 1e-3);
  // 10 kB x 0.06 kWh/GB = 6e-7 kWh, 6e-5 g
  EXPECT_NEAR(*year.network_g, 51.84, 1e-6);
  // 100 W x 1.5 = 1314 kWh a year
  EXPECT_NEAR(*year.web_host_g, 131'400, 1e-6);
  EXPECT_NEAR(*year.training_g, 5e6, 1e-6);
  EXPECT_TRUE(year.total_g);
  EXPECT_NEAR(*year.per_request_g, *year.total_g / 864'000, 1e-9);
  EXPECT_FALSE(service_year(read("[service]", errors), servers, 365, 10, 1000).total_g);
}

// 100 g/kWh in the first hour, 300 in the second, boards alone at 1 kW.
TEST(Series, EachHourHasItsIntensity) {
  std::string errors;
  Facility f = read("host = \"xeon_gold\"\npue = 1\n[server]\nfans_psu = 0.0", errors);
  f.host_watts_per_gpu = 0;
  f.series.step = 3600 * kSecond;
  f.series.grams_per_kwh = {100, 300};
  BoardUse use;
  use.gpus = 1;
  use.seconds = 3 * 3600;
  use.joules = 3 * 3.6e6;
  use.joules_by_step = {3.6e6, 3.6e6, 3.6e6};
  // The series begins anew in the third: 100 + 300 + 100
  EXPECT_NEAR(*footprint_of(f, load_facility_data(), use).use_grams, 500, 1e-9);
  f.series.start = 3600 * kSecond;
  EXPECT_NEAR(*footprint_of(f, load_facility_data(), use).use_grams, 700, 1e-9);
}

}  // namespace
}  // namespace kvern
