// One number for what a run did: equal fingerprints mean equal integer records. The sum (mod 2^64)
// of a 64-bit hash of every row of /requests, /buckets and /transfers, so that what moves from one
// row to another changes it. A sum does not depend on the order of rows, so neither does the
// fingerprint; everything hashed is an integer, so it is the same on any x86-64 machine.
//
// It is computed as rows stream by, whether or not they are written. The machine makes bucket rows
// only when [records] bucket is set. So compare fingerprints of runs with the same [records]
// bucket; all other settings of [records] leave it alone.
#pragma once

#include <cstdint>
#include <string>

#include "sim/records.h"

namespace kvern {

class Fingerprint {
 public:
  void request(const RequestRow& row) { sum_ += hash(row); }
  void bucket(const BucketRow& row) { sum_ += hash(row); }
  void transfer(const TransferRow& row) { sum_ += hash(row); }

  std::uint64_t value() const { return sum_; }
  std::string text() const;  // 16 hex digits

 private:
  static std::uint64_t hash(const RequestRow& row);
  static std::uint64_t hash(const BucketRow& row);
  static std::uint64_t hash(const TransferRow& row);

  std::uint64_t sum_ = 0;
};

}  // namespace kvern
