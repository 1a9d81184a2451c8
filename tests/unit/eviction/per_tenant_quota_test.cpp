#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// Quotas of 2 in 4 slots. Tenant 1 holds A, B, C: one too many, so its oldest goes for E, not D,
// the oldest of all. Then nobody is over, and D goes for F.
TEST(PerTenantQuota, WhoHoldsTooMuchLosesFirst) {
  ChainCache cache("per_tenant_quota(lru, share=0.5)", 4);
  cache.serve("D");
  cache.like.tenant = 1;
  for (const char* prompt : {"A", "B", "C"}) cache.serve(prompt);
  cache.like.tenant = 0;
  EXPECT_EQ(cache.serve("E"), "A");
  EXPECT_EQ(cache.serve("F"), "D");
}

// All blocks of the tenant that is over its quota are in use: another's goes.
TEST(PerTenantQuota, BlocksInUseAreSpared) {
  ChainCache cache("per_tenant_quota(lru, share=0.5)", 4);
  cache.serve("D");
  cache.like.tenant = 1;
  for (const char* prompt : {"A", "B", "C"}) cache.serve(prompt);
  cache.pin("ABC");
  EXPECT_EQ(cache.serve("E"), "D");
}

// With two quotas tenants 1 and 7 share the second.
TEST(PerTenantQuota, LaterTenantsShareTheLastQuota) {
  ChainCache cache("per_tenant_quota(lru, share=0.5, tenants=2)", 4);
  cache.serve("D");
  for (const auto& [tenant, prompt] : {std::pair(1, "A"), std::pair(7, "B"), std::pair(1, "C")}) {
    cache.like.tenant = static_cast<std::uint16_t>(tenant);
    cache.serve(prompt);
  }
  cache.like.tenant = 0;
  EXPECT_EQ(cache.serve("E"), "A");
}

}  // namespace kvern
