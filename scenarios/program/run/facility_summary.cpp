#include "scenarios/program/run/facility_summary.h"

#include <filesystem>

#include "scenarios/program/read/facility_reader.h"

namespace kvern {
namespace {

void put(std::vector<SummaryEntry>& entries, const Footprint& f) {
  put(entries, "energy_it_j", f.it_joules);
  put(entries, "energy_facility_j", f.facility_joules);
  put(entries, "carbon_use_g", f.use_grams);
  put(entries, "carbon_use_market_g", f.market_grams);
  put(entries, "carbon_use_marginal_g", f.marginal_grams);
  put(entries, "carbon_embodied_g", f.embodied_grams);
  put(entries, "water_l", f.water_litres);
  put(entries, "adpe_kg", f.adpe_kg);
  put(entries, "energy_primary_mj", f.primary_mj);
}

void put(std::vector<SummaryEntry>& entries, const ServiceYear& year) {
  put(entries, "service.servers_use_g", year.servers_use_g);
  put(entries, "service.servers_embodied_g", year.servers_embodied_g);
  put(entries, "service.network_g", year.network_g);
  put(entries, "service.devices_use_g", year.devices_use_g);
  put(entries, "service.devices_embodied_g", year.devices_embodied_g);
  put(entries, "service.web_host_g", year.web_host_g);
  put(entries, "service.training_g", year.training_g);
  put(entries, "service.total_g", year.total_g);
  put(entries, "service.g_per_request", year.per_request_g);
  put(entries, "service.g_per_1000_tokens", year.per_1000_tokens_g);
}

double count_of(const std::vector<SummaryEntry>& entries, std::string_view name) {
  const auto* count = std::get_if<std::uint64_t>(&value(entries, name));
  return count != nullptr ? static_cast<double>(*count) : 0;
}

ServiceYear year_of(const Facility& facility, const Footprint& servers, double seconds,
                    const std::vector<SummaryEntry>& entries) {
  return service_year(facility, servers, seconds, count_of(entries, "requests_finished"),
                      count_of(entries, "tokens_output"));
}

}  // namespace

void add_facility(const Scenario& scenario, const RunRecords& records, SimTime duration,
                  Summary& summary) {
  for (const Summary::Pool& pool : summary.pools) {
    // Nothing beyond is known either.
    if (!std::holds_alternative<double>(value(pool.entries, "energy_j"))) return;
  }
  Facility facility = scenario.facility;
  FacilityData data = load_facility_data();
  if (scenario.draw) draw_facility(*scenario.draw, facility, data);
  const double seconds = static_cast<double>(duration) * 1e-9;
  std::optional<Footprint> all;
  for (std::size_t i = 0; i < summary.pools.size(); ++i) {
    auto& entries = summary.pools[i].entries;
    const PoolSpec& pool = scenario.pools[i];
    BoardUse use;
    use.hardware = std::filesystem::path(pool.hardware).stem().string();
    use.gpus = static_cast<double>(pool.replicas) * pool.tensor_parallel * pool.data_parallel;
    use.joules = std::get<double>(value(entries, "energy_j"));
    use.seconds = seconds;
    use.joules_by_step = records.joules_by_step(i);
    const Footprint footprint = footprint_of(facility, data, use);
    put(entries, footprint);
    put(entries, year_of(facility, footprint, seconds, entries));
    if (all) all->add(footprint);
    if (!all) all = footprint;
  }
  if (!all) return;
  put(summary.entries, *all);
  put(summary.entries, year_of(facility, *all, seconds, summary.entries));
  if (!facility.sources.empty()) put(summary.entries, "carbon_sources", facility.sources);
}

void add_meter(const MeterFeed& meter, Summary& summary) {
  if (meter.true_joules() <= 0) return;
  put(summary.entries, "meter_energy_j", meter.shown_joules());
  put(summary.entries, "meter_error_share", meter.shown_joules() / meter.true_joules() - 1);
}

}  // namespace kvern
