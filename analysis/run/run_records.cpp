#include "analysis/run/run_records.h"

#include <utility>

#include "analysis/run/record_columns.h"
#include "sim/energy/energy_part.h"

namespace kvern {

namespace {

constexpr std::uint32_t kFlushRows = 1U << 18;
constexpr std::uint32_t kClockRows = 1U << 12;  // rows between two looks at the clock
constexpr std::chrono::seconds kFlushAfter{2};

}  // namespace

RunRecords::RunRecords(Settings settings)
    : settings_(std::move(settings)),
      latencies_(static_cast<int>(settings_.pools.size())),
      good_(settings_.pools.size()),
      longest_prompt_(settings_.pools.size()),
      tenants_(settings_.pools.size()),
      audited_(settings_.pools.size()),
      by_step_(settings_.pools.size()),
      last_flush_(std::chrono::steady_clock::now()) {
  if (settings_.file.empty()) return;
  file_ = std::make_unique<TableWriter>(settings_.file);
  file_->set_attribute("/", "format", std::string("kvern.records"));
  file_->set_attribute("/", "version", std::int64_t{1});
  file_->set_attribute("/", "fingerprint", std::string());
  file_->set_attribute("/", "complete", false);
  const auto open = [&]<class Row>(RowBatch<Row>& batch, const char* group) {
    batch.to(file_->add_table(table_spec<Row>(group)));
  };
  if (settings_.requests) open(requests_, "/requests");
  if (settings_.buckets) open(buckets_, "/buckets");
  if (settings_.steps) open(steps_, "/steps");
  if (settings_.evictions) open(evictions_, "/evictions");
  open(transfers_, "/transfers");
  if (settings_.meter) open(meters_, "/meter");
  if (settings_.audit) open(request_energies_, "/energy_requests");
  write_dictionaries();
  file_->flush();
}

void RunRecords::request(const RequestRow& row) {
  fingerprint_.request(row);
  latencies_.request(row);
  if (settings_.slo.met_by(row)) ++good_[row.pool];
  count_tenant(row);
  write(requests_, row);
}

void RunRecords::count_tenant(const RequestRow& row) {
  if (row.status != RequestStatus::Finished) return;
  longest_prompt_[row.pool] = std::max(longest_prompt_[row.pool], row.prompt_tokens);
  std::vector<TenantTokens>& tenants = tenants_[row.pool];
  if (row.tenant >= tenants.size()) tenants.resize(row.tenant + std::size_t{1});
  tenants[row.tenant].prompt += row.prompt_tokens;
  tenants[row.tenant].cached += row.cached_tokens;
}

void RunRecords::bucket(const BucketRow& row) {
  fingerprint_.bucket(row);
  if (settings_.energy_step > 0 && row.energy_nj >= 0) {
    std::vector<double>& steps = by_step_[row.pool];
    const auto step = static_cast<std::size_t>(row.start_ns / settings_.energy_step);
    if (step >= steps.size()) steps.resize(step + 1);
    steps[step] += static_cast<double>(row.energy_nj) * 1e-9;
  }
  write(buckets_, row);
}

void RunRecords::step(const StepRow& row) { write(steps_, row); }

void RunRecords::eviction(const EvictionRow& row) { write(evictions_, row); }

void RunRecords::transfer(const TransferRow& row) {
  fingerprint_.transfer(row);
  write(transfers_, row);
}

void RunRecords::meter(const MeterRow& row) {
  if (meters_.written()) write(meters_, row);
}

void RunRecords::audit(const AuditRow& row) {
  audited_.add(row);
  if (request_energies_.written()) write(request_energies_, request_energy_row(row));
}

template <class Row>
void RunRecords::write(RowBatch<Row>& batch, const Row& row) {
  if (!batch.written()) return;
  batch.add(row);
  if (++rows_since_flush_ % kClockRows != 0) return;
  const auto due = last_flush_ + kFlushAfter;
  if (rows_since_flush_ >= kFlushRows || std::chrono::steady_clock::now() >= due) flush();
}

void RunRecords::flush() {
  requests_.write_out();
  buckets_.write_out();
  steps_.write_out();
  evictions_.write_out();
  transfers_.write_out();
  request_energies_.write_out();
  meters_.write_out();
  file_->flush();
  rows_since_flush_ = 0;
  last_flush_ = std::chrono::steady_clock::now();
}

void RunRecords::write_dictionaries() {
  const auto text = [&](const char* name, const char* description) -> Table& {
    TableSpec spec;
    spec.group = "/dictionary";
    spec.columns = {{name, ColumnType::Text, "1", description}};
    spec.mark_complete = false;  // three tables of different lengths in one group
    return file_->add_table(std::move(spec));
  };
  Table& components = text("component", "of energy");
  for (int part = 0; part < kEnergyParts; ++part) {
    components.append_text(name(static_cast<EnergyPart>(part)));
  }
  Table& phases = text("phase",
                       "busy: in engine steps and transfers (an audit tells prefill, "
                       "decode and wasted of it apart); idle: between");
  for (const char* phase : kPhases) phases.append_text(phase);
  Table& pools = text("pool", "names, in file order");
  for (const std::string& pool : settings_.pools) pools.append_text(pool);
}

void RunRecords::write_energy(std::span<const Ledger> pools) {
  RowBatch<EnergyRow> rows;
  rows.to(file_->add_table(table_spec<EnergyRow>("/energy")));
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    const Ledger& ledger = pools[pool];
    if (!ledger.energy_known) continue;
    const auto add = [&](std::uint16_t part, std::uint16_t phase, Int128 picojoules) {
      rows.add({part, phase, static_cast<std::uint16_t>(pool),
                static_cast<std::int64_t>(picojoules / 1000)});
    };
    for (std::uint16_t part = 0; part < kEnergyParts; ++part) {
      Int128 rest = ledger.picojoules[part];
      for (int phase = 0; ledger.audited_on && phase < kEnergyPhases; ++phase) {
        const Int128 audited = ledger.audited[static_cast<std::size_t>(phase)][part];
        add(part, audit_phase(static_cast<EnergyPhase>(phase)), audited);
        rest -= audited;
      }
      const bool idle = part == static_cast<std::uint16_t>(EnergyPart::Idle);
      if (idle || !ledger.audited_on || rest != 0) add(part, idle ? IdlePhase : BusyPhase, rest);
    }
  }
  rows.write_out();
}

void RunRecords::write_tenants() {
  RowBatch<TenantEnergyRow> rows;
  rows.to(file_->add_table(table_spec<TenantEnergyRow>("/energy_tenants")));
  for (std::size_t pool = 0; pool < settings_.pools.size(); ++pool) {
    const auto& tenants = audited_.tenants(pool);
    for (std::size_t tenant = 0; tenant < tenants.size(); ++tenant) {
      for (int phase = 0; phase < kEnergyPhases; ++phase) {
        for (std::uint16_t part = 0; part < kEnergyParts; ++part) {
          const Int128 picojoules = tenants[tenant][static_cast<std::size_t>(phase)][part];
          if (picojoules == 0) continue;
          rows.add({static_cast<std::uint16_t>(tenant), static_cast<std::uint16_t>(pool),
                    audit_phase(static_cast<EnergyPhase>(phase)), part,
                    static_cast<std::int64_t>(picojoules / 1000)});
        }
      }
    }
  }
  rows.write_out();
}

void RunRecords::write_itl(std::span<const Ledger> pools) {
  Histogram itl;
  for (const Ledger& ledger : pools) itl.merge(ledger.itl);
  RowBatch<ItlRow> rows;
  rows.to(file_->add_table(table_spec<ItlRow>("/itl")));
  for (const Histogram::Bucket& bucket : itl.buckets()) {
    rows.add({bucket.lower_ns, bucket.count});
  }
  rows.write_out();
}

void RunRecords::finish(std::span<const Ledger> pools, bool complete) {
  if (file_ == nullptr) return;
  write_energy(pools);
  if (settings_.audit) write_tenants();
  write_itl(pools);
  flush();
  file_->set_attribute("/", "fingerprint", fingerprint());
  file_->set_attribute("/", "complete", complete);
  file_->close();
  file_.reset();
}

}  // namespace kvern
