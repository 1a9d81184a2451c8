// One number for what a run did: equal fingerprints mean equal integer records. The sum (mod 2^64)
// of a hash of every /requests row, plus a hash of the column sums over /buckets and over
// /transfers. Sums do not depend on the order of rows, so neither does the fingerprint; everything
// hashed is an integer, so it is the same on any x86-64 machine.
//
// It is computed as rows stream by, whether or not they are written. The machine makes bucket rows
// only when [records] bucket is set; without them their sums are zero. So compare fingerprints of
// runs with the same [records] bucket; all other settings of [records] leave it alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/records.h"

namespace kvern {

class Fingerprint {
 public:
  void request(const RequestRow& row) { sum_ += hash(row); }
  void bucket(const BucketRow& row);
  void transfer(const TransferRow& row);

  std::uint64_t value() const;
  std::string text() const;  // 16 hex digits

 private:
  static std::uint64_t hash(const RequestRow& row);

  std::uint64_t sum_ = 0;
  std::array<std::uint64_t, 24> totals_{};  // 16 columns of /buckets, then 8 of /transfers
};

}  // namespace kvern
