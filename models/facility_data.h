// The tables behind [energy]: models/facility/*.toml. Every number has its source there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/base/config/config.h"
#include "sim/base/config/issues.h"
#include "sim/hardware.h"

namespace kvern {

struct GridRow {
  double grams_per_kwh = 0;
  std::optional<double> water_l_per_kwh, adpe_kg_per_kwh, primary_mj_per_kwh;
};
struct ProcessorRow {  // watts = a ln(b (x + c)) + d at x % load
  double a = 0, b = 0, c = 0, d = 0;
};
struct OperatorRow {
  double pue = 1, wue = 0;
};
struct BoardRow {
  std::optional<Coefficient> maker, boavizta;  // grams
  std::string node;
  double die_cm2 = 0, memory_gb = 0;
};
struct FabRow {
  double kwh_per_cm2 = 0, gases = 0, materials = 0;  // g/cm2
};

struct FacilityData {
  std::map<std::string, GridRow> grids;
  std::string grid_source, water_source;
  std::map<std::string, ProcessorRow> processors;
  std::string processor_source;
  double dimm_watts = 0, nic_watts = 0, disk_watts = 0, fans_psu = 0;
  std::map<std::string, OperatorRow> operators;
  std::string operator_source;
  std::map<std::string, BoardRow> boards;
  Coefficient server_grams;  // of a node without its GPUs
  double server_gpus = 8;
  std::map<std::string, FabRow> fabs;
  std::string fab_source;
  double fab_grams_per_kwh = 0, fab_yield = 1, package_grams = 0, memory_grams_per_gb = 0;
};

// Each of the five files as a table; errors go to `issues`.
struct FacilityFiles {
  Config grids, hosts, operators, embodied, fabs;
};
FacilityData read_facility_data(const FacilityFiles& files, Issues& issues);

// CPA x area, plus package and memory (no board): ACT's bottom-up estimate. Grams.
std::optional<double> act_die_grams(const FacilityData& data, const BoardRow& board);

}  // namespace kvern
