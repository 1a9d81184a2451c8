#include "analysis/run_records.h"

#include <utility>

#include "analysis/record_columns.h"
#include "sim/energy_part.h"

namespace kvern {

namespace {

constexpr std::uint32_t kFlushRows = 1U << 18;
constexpr std::uint32_t kClockRows = 1U << 12;  // rows between two looks at the clock
constexpr std::chrono::seconds kFlushAfter{2};

// Rows of /dictionary/phase.
enum Phase : std::uint16_t { Busy, Idle };
constexpr const char* kPhases[] = {"busy", "idle"};

}  // namespace

RunRecords::RunRecords(Settings settings)
    : settings_(std::move(settings)),
      latencies_(static_cast<int>(settings_.pools.size())),
      good_(settings_.pools.size()),
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
  write_dictionaries();
  file_->flush();
}

void RunRecords::request(const RequestRow& row) {
  fingerprint_.request(row);
  latencies_.request(row);
  if (settings_.slo.met_by(row)) ++good_[row.pool];
  write(requests_, row);
}

void RunRecords::bucket(const BucketRow& row) {
  fingerprint_.bucket(row);
  write(buckets_, row);
}

void RunRecords::step(const StepRow& row) { write(steps_, row); }

void RunRecords::eviction(const EvictionRow& row) { write(evictions_, row); }

void RunRecords::transfer(const TransferRow& row) {
  fingerprint_.transfer(row);
  write(transfers_, row);
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
  requests_.drain();
  buckets_.drain();
  steps_.drain();
  evictions_.drain();
  transfers_.drain();
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
  Table& phases = text("phase", "busy: in engine steps and transfers; idle: between");
  for (const char* phase : kPhases) phases.append_text(phase);
  Table& pools = text("pool", "names, in file order");
  for (const std::string& pool : settings_.pools) pools.append_text(pool);
}

void RunRecords::write_energy(std::span<const Ledger> pools) {
  RowBatch<EnergyRow> rows;
  rows.to(file_->add_table(table_spec<EnergyRow>("/energy")));
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    if (!pools[pool].energy_known) continue;
    for (std::uint16_t part = 0; part < kEnergyParts; ++part) {
      const bool idle = part == static_cast<std::uint16_t>(EnergyPart::Idle);
      rows.add({part, static_cast<std::uint16_t>(idle ? Idle : Busy),
                static_cast<std::uint16_t>(pool),
                static_cast<std::int64_t>(pools[pool].picojoules[part] / 1000)});
    }
  }
  rows.drain();
}

void RunRecords::write_itl(std::span<const Ledger> pools) {
  Histogram itl;
  for (const Ledger& ledger : pools) itl.merge(ledger.itl);
  RowBatch<ItlRow> rows;
  rows.to(file_->add_table(table_spec<ItlRow>("/itl")));
  for (const Histogram::Bucket& bucket : itl.buckets()) {
    rows.add({bucket.lower_ns, bucket.count});
  }
  rows.drain();
}

void RunRecords::finish(std::span<const Ledger> pools, bool complete) {
  if (file_ == nullptr) return;
  write_energy(pools);
  write_itl(pools);
  flush();
  file_->set_attribute("/", "fingerprint", fingerprint());
  file_->set_attribute("/", "complete", complete);
  file_->close();
  file_.reset();
}

}  // namespace kvern
