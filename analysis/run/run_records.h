// Where the rows of a run go: into the fingerprint, the latencies and the SLO's count as they
// stream by, and into records.h5 where asked for. Memory does not grow with the run.
//
// The file is flushed every 2^18 rows or 2 s of wall time, whichever comes first: a process that is
// killed leaves every row up to then readable. A write that fails throws OutsideError; after it the
// file is not touched again.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analysis/run/fingerprint.h"
#include "analysis/run/row_batch.h"
#include "analysis/summary/audit_totals.h"
#include "analysis/summary/latency.h"
#include "analysis/summary/slo.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/ledger.h"
#include "sim/records.h"

namespace kvern {

class RunRecords : public Records {
 public:
  struct Settings {
    std::vector<std::string> pools;  // names, in file order
    Slo slo;
    std::string file;  // path of records.h5; empty: none is written
    // Which tables the file has; rows of the others are not written. /transfers, /energy and /itl
    // are always there.
    bool requests = true;
    bool buckets = true;
    bool steps = false;
    bool evictions = false;
    bool meter = false;       // /meter
    SimTime energy_step = 0;  // joules_by_step() are summed over this much time; 0: not
    bool audit = false;       // /energy by phase, /energy_requests, /energy_tenants
  };
  explicit RunRecords(Settings settings);

  void request(const RequestRow& row) override;
  void bucket(const BucketRow& row) override;
  void step(const StepRow& row) override;
  void eviction(const EvictionRow& row) override;
  void transfer(const TransferRow& row) override;
  void audit(const AuditRow& row) override;

  // The end: writes /energy and /itl, the fingerprint and whether the run is `complete` (drained or
  // at its stop, not cut short by a signal), and closes the file. `pools`: a ledger a pool.
  void finish(std::span<const Ledger> pools, bool complete);

  const Settings& settings() const { return settings_; }
  const Latencies& latencies() const { return latencies_; }
  // Of finished requests: prompt tokens, and those found in the cache, by pool and tenant.
  struct TenantTokens {
    std::uint64_t prompt = 0;
    std::uint64_t cached = 0;
  };
  const std::vector<TenantTokens>& tenants(int pool) const {
    return tenants_[static_cast<std::size_t>(pool)];
  }
  // The longest prompt of a request served, by pool.
  std::uint32_t longest_prompt(std::size_t pool) const { return longest_prompt_[pool]; }
  std::uint64_t within_slo(int pool) const { return good_[static_cast<std::size_t>(pool)]; }
  void meter(const MeterRow& row);
  // Of the boards, from the buckets, by pool.
  const std::vector<double>& joules_by_step(std::size_t pool) const { return by_step_[pool]; }
  const AuditTotals& audited() const { return audited_; }
  std::string fingerprint() const { return fingerprint_.text(); }

 private:
  void count_tenant(const RequestRow& row);
  template <class Row>
  void write(RowBatch<Row>& batch, const Row& row);
  void flush();
  void write_dictionaries();
  void write_energy(std::span<const Ledger> pools);
  void write_tenants();
  void write_itl(std::span<const Ledger> pools);

  Settings settings_;
  Fingerprint fingerprint_;
  Latencies latencies_;
  std::vector<std::uint64_t> good_;                 // requests within the SLO, by pool
  std::vector<std::uint32_t> longest_prompt_;       // by pool
  std::vector<std::vector<TenantTokens>> tenants_;  // by pool, then tenant
  std::unique_ptr<TableWriter> file_;
  RowBatch<RequestRow> requests_;
  RowBatch<BucketRow> buckets_;
  RowBatch<StepRow> steps_;
  RowBatch<EvictionRow> evictions_;
  RowBatch<TransferRow> transfers_;
  RowBatch<RequestEnergyRow> request_energies_;
  RowBatch<MeterRow> meters_;
  AuditTotals audited_;
  std::vector<std::vector<double>> by_step_;
  std::uint32_t rows_since_flush_ = 0;
  std::chrono::steady_clock::time_point last_flush_;
};

}  // namespace kvern
