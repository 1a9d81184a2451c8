#include "models/facility.h"

#include <algorithm>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kYearSeconds = 365.0 * 86'400;

// A node of the A6000 log: 342.7 W besides its board, fans and supplies in the slope of 1.151.
constexpr double kA6000ServerWatts = 342.7;

double socket_watts(const ProcessorRow& row, double load) {
  return row.a * exact::log(row.b * (100 * load + row.c)) + row.d;
}

void note(Facility& f, const std::string& source) {
  if (f.sources.find(source) != std::string::npos) return;
  f.sources += (f.sources.empty() ? "" : "; ") + source;
}

void read_host(Parameters& p, const FacilityData& data, Facility& f) {
  std::vector<std::string> hosts = {"unknown", "a6000_server"};
  for (const auto& [name, row] : data.processors) hosts.push_back(name);
  const std::string host = p.choice("host", "unknown", hosts, "what the GPUs are plugged into");
  const double load = p.get("host_load", Share{0.2}, "load of the host's processors").value;
  f.gpus_per_node =
      p.get("gpus_per_node", std::uint32_t{8}, "GPUs that share a host's watts", Range{1, 64});
  Parameters server = p.table("server", "parts of a node, for its watts");
  const double sockets = server.get("sockets", 2U, "processors", {1, 16});
  const double dimms = server.get("dimms", 64U, "memory modules of 32 GB", {0, 1024});
  const double nics = server.get("nics", 8U, "network ports", {0, 64});
  const double disks = server.get("disks", 8U, "solid-state disks", {0, 256});
  f.fans_psu = server
                   .get("fans_psu", Share{data.fans_psu},
                        "fans and power supplies, on top of all watts (A6000 server's log)")
                   .value;
  server.finish();
  if (host == "unknown") return;
  if (host == "a6000_server") {
    f.host_watts_per_gpu = kA6000ServerWatts / (1 + f.fans_psu) / f.gpus_per_node;
    note(f, "host: own fit of the A6000 server's log");
    return;
  }
  const auto row = data.processors.find(host);
  if (row == data.processors.end()) return;  // told by choice()
  const double watts = sockets * socket_watts(row->second, load) + dimms * data.dimm_watts +
                       nics * data.nic_watts + disks * data.disk_watts;
  f.host_watts_per_gpu = watts / f.gpus_per_node;
  note(f, "host: " + data.processor_source);
}

void read_building(Parameters& p, const FacilityData& data, Facility& f) {
  std::vector<std::string> names = {"unknown"};
  for (const auto& [name, row] : data.operators) names.push_back(name);
  const std::string op = p.choice("operator", "unknown", names, "whose building: its pue and wue");
  f.pue = p.find<double>("pue", "facility energy / IT energy", Range{1, 10});
  f.wue_l_per_kwh = p.find<double>("wue", "litres of water a kWh of IT, on site", Range{0, 100});
  const auto row = data.operators.find(op);
  if (row == data.operators.end()) return;
  if (!f.pue) f.pue = row->second.pue;
  if (!f.wue_l_per_kwh) f.wue_l_per_kwh = row->second.wue;
  note(f, "building: " + data.operator_source);
}

void read_intensity(Parameters& p, const FacilityData& data, Facility& f) {
  const auto grid = p.find<std::string>("grid", "country of the grid, ISO 3166 alpha-3");
  const auto stated = p.find<GramsPerKilowattHour>("intensity", "CO2e of the grid's electricity");
  const auto grams = [&p](const char* key, const char* doc) -> std::optional<double> {
    const auto value = p.find<GramsPerKilowattHour>(key, doc);
    return value ? std::optional(value->value) : std::nullopt;
  };
  f.market_grams_per_kwh = grams("market_intensity", "of the electricity that was bought");
  f.marginal_grams_per_kwh = grams("marginal_intensity", "of one kWh more");
  f.grid_water_l_per_kwh =
      p.find<double>("grid_water", "litres a kWh in power plants; absent: as the grid's", {0, 100});
  if (grid && stated) {
    p.error("intensity", "grid and intensity both say how clean the electricity is");
    return;
  }
  if (stated) {
    f.grams_per_kwh = stated->value;
    note(f, "use: stated by the scenario");
  }
  if (!grid) return;
  const auto row = data.grids.find(*grid);
  if (row == data.grids.end()) {
    std::vector<std::string> known;
    for (const auto& [code, unused] : data.grids) known.push_back(code);
    p.error("grid", "unknown grid \"" + *grid + "\"", did_you_mean(*grid, known));
    return;
  }
  f.grams_per_kwh = row->second.grams_per_kwh;
  f.grid_adpe_kg_per_kwh = row->second.adpe_kg_per_kwh;
  f.grid_primary_mj_per_kwh = row->second.primary_mj_per_kwh;
  note(f, "use: " + data.grid_source);
  if (f.grid_water_l_per_kwh || !row->second.water_l_per_kwh) return;
  f.grid_water_l_per_kwh = row->second.water_l_per_kwh;
  note(f, "water and metals: " + data.water_source);
}

void read_embodied(Parameters& p, const FacilityData& data, Facility& f) {
  if (const auto life = p.find<Duration>(
          "lifetime", "of boards and servers, for embodied carbon; absent: unknown",
          Range{1e9, 1e19})) {
    f.lifetime_seconds = static_cast<double>(life->ns) * 1e-9;
  }
  f.utilisation =
      p.get("utilisation", Share{1}, "of the lifetime reserved by someone", Range{0.01, 1}).value;
  f.embodied = p.choice("embodied", "maker", {"maker", "boavizta", "act"},
                        "table of embodied carbon: published footprints, Boavizta's, or ACT's "
                        "bottom-up estimate without the board");
  if (f.lifetime_seconds) {
    note(f, "embodied: " + (f.embodied == "act" ? data.fab_source : f.embodied));
  }
}

std::optional<double> seconds_of(const std::optional<Duration>& time) {
  return time ? std::optional(static_cast<double>(time->ns) * 1e-9) : std::nullopt;
}

template <class T>
std::optional<double> value_of(const std::optional<T>& quantity) {
  return quantity ? std::optional(static_cast<double>(quantity->value)) : std::nullopt;
}

void read_service(Parameters& p, Facility& f) {
  Service& s = f.service;
  s.asked = p.has("service");
  Parameters t = p.table("service", "a year of it: users' devices, network, web host, training");
  s.device_watts = value_of(t.find<Watts>("device", "of a user's device (a laptop: 75 W)"));
  s.device_seconds = seconds_of(t.find<Duration>("device_time", "of use a request"));
  s.device_grams = value_of(t.find<Grams>("device_carbon", "embodied in a device"));
  s.device_life_seconds = seconds_of(t.find<Duration>("device_lifetime", "of a device"));
  s.device_share =
      t.get("device_share", Share{0.3}, "of its life that it is used", Range{0.001, 1}).value;
  s.network_joules_per_byte =
      value_of(t.find<JoulesPerByte>("network", "of the network, a byte (\"0.05 kWh/GB\")"));
  s.network_bytes = value_of(t.find<Bytes>("request_bytes", "sent and received a request"));
  s.web_host_watts = value_of(t.find<Watts>("web_host", "of the machines before the engines"));
  s.training_grams = value_of(t.find<Grams>("training_carbon", "of making the model"));
  s.training_life_seconds =
      seconds_of(t.find<Duration>("training_lifetime", "over which it is spread"));
  t.finish();
}

using Maybe = std::optional<double>;
Maybe operator*(const Maybe& a, const Maybe& b) { return a && b ? Maybe(*a * *b) : std::nullopt; }
Maybe operator+(const Maybe& a, const Maybe& b) { return a && b ? Maybe(*a + *b) : std::nullopt; }

// Each step of the series with its own boards' joules; the last one may be short.
Maybe grams_by_series(const Facility& f, const BoardUse& use) {
  if (use.joules_by_step.empty()) return std::nullopt;
  const double step = static_cast<double>(f.series.step) * 1e-9;
  double grams = 0;
  for (std::size_t i = 0; i < use.joules_by_step.size(); ++i) {
    const double from = static_cast<double>(i) * step;
    const double seconds = std::clamp(use.seconds - from, 0.0, step);
    const double it =
        (use.joules_by_step[i] + *f.host_watts_per_gpu * use.gpus * seconds) * (1 + f.fans_psu);
    grams += *f.pue * it / kJoulesPerKwh * f.series.at(static_cast<SimTime>(i) * f.series.step);
  }
  return grams;
}

}  // namespace

double IntensitySeries::at(SimTime t) const {
  const auto i = static_cast<std::size_t>((t + start) / step);
  return grams_per_kwh[i % grams_per_kwh.size()];
}

void Footprint::add(const Footprint& o) {
  it_joules = it_joules + o.it_joules, facility_joules = facility_joules + o.facility_joules;
  use_grams = use_grams + o.use_grams, market_grams = market_grams + o.market_grams;
  marginal_grams = marginal_grams + o.marginal_grams;
  embodied_grams = embodied_grams + o.embodied_grams;
  water_litres = water_litres + o.water_litres;
  adpe_kg = adpe_kg + o.adpe_kg, primary_mj = primary_mj + o.primary_mj;
}

Facility read_facility(Parameters& p, const FacilityData& data) {
  Facility f;
  read_host(p, data, f);
  read_building(p, data, f);
  read_intensity(p, data, f);
  read_embodied(p, data, f);
  read_service(p, f);
  return f;
}

std::optional<double> embodied_grams(const FacilityData& data, const std::string& hardware,
                                     const std::string& table) {
  const auto found = data.boards.find(hardware);
  if (found == data.boards.end()) return std::nullopt;
  const BoardRow& board = found->second;
  const auto value = [](const std::optional<Coefficient>& c) {
    return c ? std::optional(c->value) : std::nullopt;
  };
  if (table == "maker") return value(board.maker);
  if (table == "boavizta") return value(board.boavizta);
  const Maybe die = act_die_grams(data, board);
  return die ? Maybe(*die + data.package_grams + board.memory_gb * data.memory_grams_per_gb)
             : std::nullopt;
}

double server_grams_per_gpu(const FacilityData& data, std::uint32_t gpus_per_node) {
  return data.server_grams.value / gpus_per_node;
}

Footprint footprint_of(const Facility& f, const FacilityData& data, const BoardUse& use) {
  Footprint out;
  if (f.host_watts_per_gpu) {
    out.it_joules =
        (use.joules + *f.host_watts_per_gpu * use.gpus * use.seconds) * (1 + f.fans_psu);
  }
  out.facility_joules = f.pue * out.it_joules;
  const Maybe kwh = Maybe(1 / kJoulesPerKwh) * out.facility_joules;
  out.use_grams =
      f.series.step > 0 && out.facility_joules ? grams_by_series(f, use) : kwh * f.grams_per_kwh;
  out.market_grams = kwh * f.market_grams_per_kwh;
  out.marginal_grams = kwh * f.marginal_grams_per_kwh;
  out.adpe_kg = kwh * f.grid_adpe_kg_per_kwh;
  out.primary_mj = kwh * f.grid_primary_mj_per_kwh;
  const Maybe per_kwh = f.wue_l_per_kwh + f.pue * f.grid_water_l_per_kwh;
  out.water_litres = Maybe(1 / kJoulesPerKwh) * out.it_joules * per_kwh;
  const Maybe board = embodied_grams(data, use.hardware, f.embodied);
  if (board && f.lifetime_seconds) {
    const double reserved = use.gpus * use.seconds / (*f.lifetime_seconds * f.utilisation);
    out.embodied_grams = reserved * (*board + server_grams_per_gpu(data, f.gpus_per_node));
  }
  return out;
}

ServiceYear service_year(const Facility& f, const Footprint& servers, double seconds,
                         double requests, double output_tokens) {
  const Service& s = f.service;
  ServiceYear year;
  if (!s.asked || seconds <= 0) return year;
  const double scale = kYearSeconds / seconds;
  const Maybe grams_per_joule = f.grams_per_kwh * Maybe(1 / kJoulesPerKwh);
  year.requests = requests * scale;
  const Maybe count = year.requests;
  year.servers_use_g = servers.use_grams * Maybe(scale);
  year.servers_embodied_g = servers.embodied_grams * Maybe(scale);
  year.network_g = count * s.network_joules_per_byte * s.network_bytes * grams_per_joule;
  year.devices_use_g = count * s.device_watts * s.device_seconds * grams_per_joule;
  if (s.device_life_seconds) {
    year.devices_embodied_g = count * s.device_seconds * s.device_grams *
                              Maybe(1 / (*s.device_life_seconds * s.device_share));
  }
  year.web_host_g = s.web_host_watts * Maybe(kYearSeconds) * f.pue * grams_per_joule;
  if (s.training_life_seconds) {
    year.training_g = s.training_grams * Maybe(kYearSeconds / *s.training_life_seconds);
  }
  year.total_g = year.servers_use_g + year.servers_embodied_g + year.network_g +
                 year.devices_use_g + year.devices_embodied_g + year.web_host_g + year.training_g;
  if (requests > 0) year.per_request_g = year.total_g * Maybe(1 / year.requests);
  if (output_tokens > 0) {
    year.per_1000_tokens_g = year.total_g * Maybe(1000 / (output_tokens * scale));
  }
  return year;
}

}  // namespace kvern
