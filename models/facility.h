// From the boards' joules to the building's, to grams and to litres.
//
// Boundaries, each named in the output:
//   GPU board    what the ledger counts
//   IT (server)  (boards + sockets, DIMMs, NICs, disks) x (1 + fans and power supplies)
//   facility     IT x PUE
// Carbon of use is facility energy x the grid's intensity: location-based and market-based, average
// and marginal are different questions and never mixed. Embodied carbon is spread over a lifetime:
// reserved time / (lifetime x utilisation) x what making the board and its share of the server
// took. Water = IT (site + PUE x the grid's).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/facility_data.h"
#include "sim/base/config/parameters.h"
#include "sim/base/time.h"

namespace kvern {

// Grams per kWh over time: values[i] holds from i * step on; after the last the series begins anew.
struct IntensitySeries {
  SimTime step = 0;   // 0: none
  SimTime start = 0;  // where in the series the run begins
  std::vector<double> grams_per_kwh;
  std::string file;

  double at(SimTime t) const;
};

// The life cycle of a service, a year of it.
struct Service {
  bool asked = false;
  std::optional<double> device_watts, device_seconds;  // of a user's device, a request
  std::optional<double> device_grams, device_life_seconds;
  double device_share = 1;                                       // of its life in use
  std::optional<double> network_joules_per_byte, network_bytes;  // a request
  std::optional<double> web_host_watts;
  std::optional<double> training_grams, training_life_seconds;
};

struct Facility {
  std::optional<double> host_watts_per_gpu;  // a GPU's share of its server, without fans
  double fans_psu = 0;                       // share on top of boards and hosts
  std::optional<double> pue;
  std::optional<double> grams_per_kwh;  // location-based, average
  IntensitySeries series;               // instead of a constant
  std::optional<double> market_grams_per_kwh;
  std::optional<double> marginal_grams_per_kwh;
  std::optional<double> wue_l_per_kwh;         // on site
  std::optional<double> grid_water_l_per_kwh;  // in power plants
  std::optional<double> grid_adpe_kg_per_kwh;
  std::optional<double> grid_primary_mj_per_kwh;
  std::optional<double> lifetime_seconds;
  double utilisation = 1;
  std::string embodied = "maker";  // "boavizta", "act"
  std::uint32_t gpus_per_node = 8;
  Service service;
  std::string sources;  // tables used, for the output
};

// Boards of one kind in a pool, over a run.
struct BoardUse {
  std::string hardware;
  double gpus = 0;
  double joules = 0;
  double seconds = 0;
  // Boards' joules by step of the intensity series, if there is one.
  std::vector<double> joules_by_step;
};

// What is known; unknown stays empty.
struct Footprint {
  std::optional<double> it_joules, facility_joules;
  std::optional<double> use_grams, market_grams, marginal_grams, embodied_grams;
  std::optional<double> water_litres, adpe_kg, primary_mj;

  void add(const Footprint& other);  // unknown wins
};

// The keys of [energy] but attribution and meter; the caller calls finish(). `read_series` reads a
// file of hourly (or other) intensities.
Facility read_facility(Parameters& p, const FacilityData& data);

Footprint footprint_of(const Facility& facility, const FacilityData& data, const BoardUse& use);

// Of making one board by the chosen table, and its share of the server; null: not in the table.
std::optional<double> embodied_grams(const FacilityData& data, const std::string& hardware,
                                     const std::string& table);
double server_grams_per_gpu(const FacilityData& data, std::uint32_t gpus_per_node);

// A year of the service: `year` / `seconds` runs like this one.
struct ServiceYear {
  double requests = 0;
  std::optional<double> servers_use_g, servers_embodied_g, network_g, devices_use_g,
      devices_embodied_g, web_host_g, training_g, total_g;
  std::optional<double> per_request_g, per_1000_tokens_g;
};
ServiceYear service_year(const Facility& facility, const Footprint& servers, double seconds,
                         double requests, double output_tokens);

}  // namespace kvern
