#include "models/facility_data.h"

#include <algorithm>
#include <vector>

#include "sim/base/config/parameters.h"

namespace kvern {
namespace {

constexpr Range kPositiveNumber{1e-12, 1e12};

// Calls read(name, table) for each [name] of a file, but those of `others`.
template <class Read>
void each_table(const Config& file, const std::vector<std::string>& others, Read read) {
  for (const auto& member : file.members) {
    if (member.value.kind != Config::Kind::Table) continue;
    if (std::find(others.begin(), others.end(), member.key) == others.end()) read(member.key);
  }
}

std::optional<Coefficient> find_grams(Parameters& parent, const char* key) {
  if (!parent.has(key)) return std::nullopt;
  Parameters p = parent.table(key, "grams of CO2e");
  Coefficient c;
  c.value = p.require<Grams>("value", "best estimate").value;
  c.low = p.require<Grams>("low", "low end of the range").value;
  c.high = p.require<Grams>("high", "high end of the range").value;
  c.source = p.require<std::string>("source", "who says so");
  p.finish();
  return c;
}

void read_grids(Parameters p, const Config& file, FacilityData& data) {
  data.grid_source = p.require<std::string>("source", "of intensities");
  data.water_source = p.require<std::string>("water_source", "of the rest");
  each_table(file, {}, [&](const std::string& code) {
    Parameters row = p.table(code, "a country");
    GridRow& grid = data.grids[code];
    grid.grams_per_kwh =
        row.require<GramsPerKilowattHour>("intensity", "average of the year").value;
    grid.water_l_per_kwh = row.find<double>("water_l_per_kwh", "in power plants", kPositiveNumber);
    grid.adpe_kg_per_kwh =
        row.find<double>("adpe_kg_per_kwh", "antimony equivalent", kPositiveNumber);
    grid.primary_mj_per_kwh = row.find<double>("primary_mj_per_kwh", "energy", kPositiveNumber);
    row.finish();
  });
  p.finish();
}

void read_hosts(Parameters p, const Config& file, FacilityData& data) {
  data.processor_source = p.require<std::string>("source", "of the curves");
  Parameters parts = p.table("parts", "of a node");
  data.dimm_watts = parts.require<Watts>("dimm", "of 32 GB").value;
  data.nic_watts = parts.require<Watts>("nic", "a port").value;
  data.disk_watts = parts.require<Watts>("disk", "an SSD").value;
  data.fans_psu = parts.require<Share>("fans_psu", "on top of all watts").value;
  parts.finish();
  each_table(file, {"parts"}, [&](const std::string& name) {
    Parameters row = p.table(name, "a processor");
    constexpr Range kAny{-1e6, 1e6};
    ProcessorRow& processor = data.processors[name];
    processor.a = row.require<double>("a", "W", kAny);
    processor.b = row.require<double>("b", "1 / %", kAny);
    processor.c = row.require<double>("c", "%", kAny);
    processor.d = row.require<double>("d", "W", kAny);
    row.finish();
  });
  p.finish();
}

void read_operators(Parameters p, const Config& file, FacilityData& data) {
  data.operator_source = p.require<std::string>("source", "of the figures");
  each_table(file, {}, [&](const std::string& name) {
    Parameters row = p.table(name, "an operator");
    data.operators[name] = {row.require<double>("pue", "facility / IT", kPositiveNumber),
                            row.require<double>("wue", "L/kWh of IT on site", kPositiveNumber)};
    row.finish();
  });
  p.finish();
}

void read_embodied(Parameters p, const Config& file, FacilityData& data) {
  Parameters server = p.table("server", "a node without its GPUs");
  data.server_grams = find_grams(server, "carbon").value_or(Coefficient{});
  data.server_gpus = server.require<double>("gpus", "of the node", kPositiveNumber);
  server.find<double>("adpe_kg", "antimony equivalent", kPositiveNumber);
  server.find<double>("primary_mj", "energy", kPositiveNumber);
  server.finish();
  each_table(file, {"server"}, [&](const std::string& name) {
    Parameters row = p.table(name, "a GPU board");
    BoardRow& board = data.boards[name];
    board.maker = find_grams(row, "maker");
    board.boavizta = find_grams(row, "boavizta");
    board.node = row.get("node", "", "of the die");
    board.die_cm2 = row.get("die_cm2", 0.0, "area");
    board.memory_gb = row.get("memory_gb", 0.0, "beside the die");
    row.finish();
  });
  p.finish();
}

void read_fabs(Parameters p, const Config& file, FacilityData& data) {
  data.fab_source = p.require<std::string>("source", "of the figures");
  data.fab_grams_per_kwh =
      p.require<GramsPerKilowattHour>("fab_intensity", "the fab's electricity").value;
  data.fab_yield = p.require<Share>("yield", "good dies").value;
  data.package_grams = p.require<Grams>("package", "an IC").value;
  data.memory_grams_per_gb = p.require<double>("memory_g_per_gb", "DRAM", kPositiveNumber);
  each_table(file, {}, [&](const std::string& node) {
    Parameters row = p.table(node, "a process");
    data.fabs[node] = {row.require<double>("kwh_per_cm2", "electricity", kPositiveNumber),
                       row.require<double>("gases_g_per_cm2", "gases", kPositiveNumber),
                       row.require<double>("materials_g_per_cm2", "materials", kPositiveNumber)};
    row.finish();
  });
  p.finish();
}

}  // namespace

FacilityData read_facility_data(const FacilityFiles& files, Issues& issues) {
  FacilityData data;
  read_grids(Parameters(&files.grids, "grids", issues), files.grids, data);
  read_hosts(Parameters(&files.hosts, "hosts", issues), files.hosts, data);
  read_operators(Parameters(&files.operators, "operators", issues), files.operators, data);
  read_embodied(Parameters(&files.embodied, "embodied", issues), files.embodied, data);
  read_fabs(Parameters(&files.fabs, "fabs", issues), files.fabs, data);
  return data;
}

std::optional<double> act_die_grams(const FacilityData& data, const BoardRow& board) {
  const auto fab = data.fabs.find(board.node);
  if (fab == data.fabs.end() || board.die_cm2 == 0) return std::nullopt;
  const FabRow& f = fab->second;
  return board.die_cm2 * (f.kwh_per_cm2 * data.fab_grams_per_kwh + f.gases + f.materials) /
         data.fab_yield;
}

}  // namespace kvern
