// Quotas, around any other policy: while a tenant holds more than `share` of the capacity, the
// block to go is one of its own (of the tenant that is furthest over, the lowest number on a tie),
// chosen by a copy of the wrapped policy that sees this tenant's blocks alone. While nobody is
// over, a copy that sees all blocks decides: an unused share serves others. Tenants are told apart
// up to `tenants`; later ones share the last quota. Within another quota there is none: its copies
// would count a tenant's blocks, or all, as one. Memory of the wrapped policy times `tenants` + 1.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/wrapped_eviction.h"
#include "sim/base/units.h"

namespace kvern::eviction::per_tenant_quota {

namespace {

class PerTenantQuota final : public Eviction {
 public:
  // The first of `copies` sees all blocks, the others a tenant's each.
  PerTenantQuota(std::vector<std::unique_ptr<Eviction>> copies, double share)
      : share_(share), copies_(std::move(copies)), holdings_(copies_.size() - 1) {}
  void prepare(std::uint32_t capacity, const Draws& draws) override {
    quota_ = static_cast<std::uint32_t>(share_ * capacity);
    tenant_.assign(capacity, 0);
    idle_.assign(capacity, false);
    holdings_.assign(holdings_.size(), Holding{});
    for (const auto& copy : copies_) copy->prepare(capacity, draws);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    const auto last = static_cast<std::uint32_t>(holdings_.size()) - 1;
    tenant_[index(block)] = std::min<std::uint32_t>(info.tenant, last);
    ++holdings_[tenant_[index(block)]].blocks;
    set_idle(block, true);
    all().inserted(block, info, now);
    own(block).inserted(block, info, now);
  }
  void touched(BlockId block, SimTime now) override {
    all().touched(block, now);
    own(block).touched(block, now);
  }
  void pinned(BlockId block) override {
    set_idle(block, false);
    all().pinned(block);
    own(block).pinned(block);
  }
  void released(BlockId block, SimTime now) override {
    set_idle(block, true);
    all().released(block, now);
    own(block).released(block, now);
  }
  void removed(BlockId block) override {
    set_idle(block, false);
    --holdings_[tenant_[index(block)]].blocks;
    all().removed(block);
    own(block).removed(block);
  }
  BlockId victim(SimTime now) override {
    std::uint32_t most = quota_;
    Eviction* who = &all();
    for (std::size_t tenant = 0; tenant < holdings_.size(); ++tenant) {
      if (holdings_[tenant].blocks <= most || holdings_[tenant].idle == 0) continue;
      most = holdings_[tenant].blocks;
      who = copies_[tenant + 1].get();
    }
    return who->victim(now);
  }
  bool wants(const BlockInfo& newcomer, SimTime now) override { return all().wants(newcomer, now); }
  bool unbounded() const override { return copies_.front()->unbounded(); }
  bool clairvoyant() const override { return copies_.front()->clairvoyant(); }
  void foresee(const Oracle& oracle) override {
    for (const auto& copy : copies_) copy->foresee(oracle);
  }

 private:
  struct Holding {
    std::uint32_t blocks = 0;
    std::uint32_t idle = 0;  // of them
  };
  Eviction& all() { return *copies_.front(); }
  Eviction& own(BlockId block) { return *copies_[tenant_[index(block)] + 1]; }
  void set_idle(BlockId block, bool idle) {
    if (idle_[index(block)] == idle) return;
    idle_[index(block)] = idle;
    holdings_[tenant_[index(block)]].idle += idle ? 1 : -1;
  }

  double share_;
  std::uint32_t quota_ = 0;
  std::vector<std::unique_ptr<Eviction>> copies_;
  std::vector<Holding> holdings_;      // by tenant
  std::vector<std::uint32_t> tenant_;  // by block
  std::vector<bool> idle_;
};

bool has_quota(const Eviction& policy) {
  if (dynamic_cast<const PerTenantQuota*>(&policy) != nullptr) return true;
  const auto* wrapper = dynamic_cast<const WrappedEviction*>(&policy);
  return wrapper != nullptr && has_quota(wrapper->wrapped());
}

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  const Config spec = p.wrapped("who decides among a tenant's blocks, and among all");
  const double share = p.get("share", Share{0.25}, "of the capacity, of each tenant").value;
  const auto tenants = p.get("tenants", 16U, "with a quota of their own", {1, 1024});
  std::vector<std::unique_ptr<Eviction>> copies;
  const std::string path = p.path() + ".wrapped";
  copies.push_back(make_policy(table(), "eviction", spec, path, p.issues(), p.book()));
  if (copies.front() == nullptr) return nullptr;
  if (has_quota(*copies.front())) {
    p.error("wrapped", "a quota within a quota is not possible",
            "write per_tenant_quota once, around the other policies");
    return nullptr;
  }
  for (std::uint32_t tenant = 0; tenant < tenants; ++tenant) {
    Issues told;  // of the first copy
    copies.push_back(
        make_policy(table(), "eviction", spec, fmt::format("{}.{}", path, tenant), told));
  }
  return std::make_unique<PerTenantQuota>(std::move(copies), share);
}

}  // namespace kvern::eviction::per_tenant_quota
