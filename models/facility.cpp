#include "models/facility.h"

#include <array>
#include <vector>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;

// Intel Xeon Platinum, Boavizta boaviztapi 15878f0, cpu_profile: 35.6 W idle, 260 W at full load.
constexpr double kA = 171.1813, kB = 0.0354, kC = 36.8953, kD = -10.1336;
// A server of eight GPUs (2 TiB, a NIC for each GPU, eight disks); watts of a part from boaviztapi
// and published measurements, the counts are ours.
constexpr double kSockets = 2, kDimms = 64, kDimmWatts = 4, kNics = 8, kNicWatts = 11.2;
constexpr double kDisks = 8, kDiskWatts = 5.9;

struct Country {
  const char* code;
  double grams_per_kwh;
};
// Average intensity in 2023: Our World in Data by way of codecarbon b05965e (MIT). Tables differ by
// 15 %.
constexpr std::array<Country, 11> kCountries = {{{"CAN", 170.043},
                                                 {"CHN", 582.317},
                                                 {"DEU", 380.95},
                                                 {"FRA", 56.039},
                                                 {"GBR", 237.589},
                                                 {"IND", 713.441},
                                                 {"JPN", 485.392},
                                                 {"POL", 661.926},
                                                 {"SWE", 40.695},
                                                 {"TWN", 642.378},
                                                 {"USA", 369.473}}};

void read_intensity(Parameters& p, Facility& f) {
  const auto grid = p.find<std::string>("grid", "country of the grid, ISO 3166 alpha-3");
  const auto stated = p.find<GramsPerKilowattHour>("intensity", "CO2e of the grid's electricity");
  if (grid && stated) {
    p.error("intensity", "grid and intensity both say how clean the electricity is");
    return;
  }
  if (stated) {
    f.grams_per_kwh = stated->value;
    f.intensity_source = "scenario";
  }
  if (!grid) return;
  std::vector<std::string> known;
  for (const Country& country : kCountries) {
    known.emplace_back(country.code);
    if (*grid != country.code) continue;
    f.grams_per_kwh = country.grams_per_kwh;
    f.intensity_source = "Our World in Data 2023, average, location-based";
  }
  if (!f.grams_per_kwh)
    p.error("grid", "unknown grid \"" + *grid + "\"", did_you_mean(*grid, known));
}

std::optional<double> server_watts(const std::string& host, double load) {
  if (host == "xeon_platinum") return xeon_platinum_server_watts(load);
  return std::nullopt;
}

}  // namespace

double xeon_platinum_server_watts(double load) {
  const double socket = kA * exact::log(kB * (100 * load + kC)) + kD;
  return kSockets * socket + kDimms * kDimmWatts + kNics * kNicWatts + kDisks * kDiskWatts;
}

Facility read_facility(Parameters& p) {
  Facility f;
  const std::string host =
      p.choice("host", "unknown", {"unknown", "xeon_platinum"}, "what the GPUs are plugged into");
  const double load = p.get("host_load", Share{0.2}, "load of the host's processors").value;
  const auto gpus =
      p.get("gpus_per_node", std::uint32_t{8}, "GPUs that share a host's watts", Range{1, 64});
  if (const auto watts = server_watts(host, load)) f.host_watts_per_gpu = *watts / gpus;
  f.pue = p.find<double>("pue", "facility energy / IT energy", Range{1, 10});
  read_intensity(p, f);
  return f;
}

std::optional<double> facility_joules(const Facility& facility, double board_joules, double gpus,
                                      double seconds) {
  if (!facility.host_watts_per_gpu || !facility.pue) return std::nullopt;
  return *facility.pue * (board_joules + *facility.host_watts_per_gpu * gpus * seconds);
}

std::optional<double> carbon_grams(const Facility& facility, double board_joules, double gpus,
                                   double seconds) {
  const auto joules = facility_joules(facility, board_joules, gpus, seconds);
  if (!joules || !facility.grams_per_kwh) return std::nullopt;
  return *joules / kJoulesPerKwh * *facility.grams_per_kwh;
}

}  // namespace kvern
