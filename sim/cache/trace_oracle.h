// The future of a cache-only replay: positions are numbers of accesses, contents ids of the trace.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/ports/oracle.h"

namespace kvern {

// The next use of a content is that of its latest access: noted at each access, by id.
class TraceOracle final : public Oracle {
 public:
  // `next`: next_uses(trace); it must outlive this object.
  TraceOracle(std::uint32_t distinct, std::span<const std::uint32_t> next)
      : next_(next), by_id_(next.empty() ? 0 : distinct, kNever) {}
  // To be called at each access, before any policy is.
  void serve(std::uint64_t access, std::uint32_t id) {
    position_ = access;
    by_id_[id] = next_[access];
  }
  std::uint64_t next_use(std::uint64_t content) const override {
    const std::uint32_t next = by_id_[content];
    return next == kNever ? kNoNextUse : next;
  }
  std::uint64_t position() const override { return position_; }

 private:
  static constexpr std::uint32_t kNever = UINT32_MAX;
  std::span<const std::uint32_t> next_;
  std::vector<std::uint32_t> by_id_;
  std::uint64_t position_ = 0;
};

}  // namespace kvern
