// Eviction policies take their memory in prepare(), a constant a block, and none later. Allocations
// are counted by replacing operator new; sanitizers have their own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "policies/eviction.h"
#include "sim/cache/cache_replay.h"
#include "sim/cache/conformance_workloads.h"

namespace {
std::size_t allocations = 0;
std::size_t allocated_bytes = 0;
}  // namespace

#ifndef __SANITIZE_ADDRESS__
// Not inlined: the compiler would take one half of a pair for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace kvern {
namespace {

// Counts what a policy takes in prepare() and afterwards.
class Counted final : public Eviction {
 public:
  explicit Counted(Eviction& policy) : policy_(policy) {}
  void prepare(std::uint32_t capacity, const Draws& draws) override {
    const std::size_t before = allocated_bytes;
    policy_.prepare(capacity, draws);
    prepared_bytes = allocated_bytes - before;
    at_prepare_ = allocations;
  }
  std::size_t later() const { return allocations - at_prepare_; }

  void inserted(BlockId b, const BlockInfo& i, SimTime t) override { policy_.inserted(b, i, t); }
  void touched(BlockId b, SimTime t) override { policy_.touched(b, t); }
  void pinned(BlockId b) override { policy_.pinned(b); }
  void released(BlockId b, SimTime t) override { policy_.released(b, t); }
  void removed(BlockId b) override { policy_.removed(b); }
  BlockId victim(SimTime t) override { return policy_.victim(t); }
  bool wants(const BlockInfo& i, SimTime t) override { return policy_.wants(i, t); }
  bool unbounded() const override { return policy_.unbounded(); }
  bool clairvoyant() const override { return policy_.clairvoyant(); }
  void foresee(const Oracle& oracle) override { policy_.foresee(oracle); }

  std::size_t prepared_bytes = 0;

 private:
  Eviction& policy_;
  std::size_t at_prepare_ = 0;
};

}  // namespace

TEST(EvictionMemory, IsTakenInPrepareAndGrowsWithTheBlocksOnly) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "allocations belong to the sanitizer";
#endif
  for (const auto& entry : eviction::table()) {
    Issues issues;
    const Config spec = parse_policy(entry.name, {}, issues);
    const auto make = [&] { return make_policy(eviction::table(), "", spec, "", issues); };
    if (make() == nullptr || issues.any_error()) continue;  // wrappers
    for (const ConformanceWorkload& workload : conformance_workloads(64)) {
      const auto next = next_uses(workload.trace);
      const auto policy = make();
      Counted counted(*policy);
      replay_cache(workload.trace, 64, counted, nullptr, next);
      EXPECT_EQ(counted.later(), 0U) << entry.name << " " << workload.name;
    }
    std::size_t bytes[2];
    for (const std::uint32_t more : {0U, 1U}) {
      const auto policy = make();
      Counted counted(*policy);
      counted.prepare(more == 0 ? 1 << 14 : 1 << 16, {});
      bytes[more] = counted.prepared_bytes;
    }
    EXPECT_LE(bytes[1], 4 * bytes[0] + 4096) << entry.name;
    EXPECT_LE(bytes[1], std::size_t{1024} << 16) << entry.name;
  }
}

}  // namespace kvern
