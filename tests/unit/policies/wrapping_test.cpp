// Policies around policies, in every port: what stands without a key is a policy, and only where
// one is taken.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "models/step_cost.h"
#include "policies/admission.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "policies/routing.h"
#include "policies/sleep.h"
#include "policies/tiering.h"
#include "policies/token_eviction.h"

namespace kvern {
namespace {

using testing::HasSubstr;

// What is wrong with it; "" where it was made.
template <class Port>
std::string fault(const PolicyTable<Port>& table, const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {"a.toml", 3, 10}, issues);
  const auto policy = make_policy(table, "some", spec, "pool.0.kv.eviction", issues);
  EXPECT_TRUE(policy != nullptr || issues.any_error()) << text;
  return issues.any_error() ? issues.text() : "";
}

constexpr const char* kBlockWrappers[] = {"ttl", "per_tenant_quota", "pin_system_prompts"};
constexpr const char* kTokenWrappers[] = {"kv_quant", "adakv"};

// No policy of the table but the wrappers takes one.
template <class Port>
void expect_refusals(const PolicyTable<Port>& table, const char* inner,
                     std::vector<std::string> wrappers = {}) {
  for (const auto& entry : table) {
    const std::string name = entry.name;
    if (std::find(wrappers.begin(), wrappers.end(), name) != wrappers.end()) continue;
    EXPECT_THAT(fault(table, fmt::format("{}({})", name, inner)),
                HasSubstr("wraps no other policy, and"))
        << name;
  }
}

}  // namespace

TEST(Wrapping, NeedsAPolicyThatIsThere) {
  for (const char* wrapper : kBlockWrappers) {
    EXPECT_THAT(fault(eviction::table(), wrapper),
                HasSubstr("a.toml:3:10: error: missing the policy that"));
    EXPECT_THAT(fault(eviction::table(), fmt::format("{}()", wrapper)), HasSubstr("missing"));
    EXPECT_THAT(fault(eviction::table(), fmt::format("{}(lur)", wrapper)),
                HasSubstr("error: unknown eviction policy \"lur\"; did you mean \"lru\"?"));
    EXPECT_THAT(fault(eviction::table(), fmt::format("{}(lru(x=1))", wrapper)),
                HasSubstr("unknown key \"x\""));
    EXPECT_EQ(fault(eviction::table(), fmt::format("{}(lru)", wrapper)), "");
  }
  for (const char* wrapper : kTokenWrappers) {
    EXPECT_THAT(fault(token_eviction::table(), wrapper),
                HasSubstr("a.toml:3:10: error: missing the policy that"));
    EXPECT_THAT(fault(token_eviction::table(), fmt::format("{}(nosuch)", wrapper)),
                HasSubstr("unknown token_eviction policy \"nosuch\""));
    EXPECT_EQ(fault(token_eviction::table(), fmt::format("{}(snapkv(capacity=64))", wrapper)), "");
  }
  EXPECT_THAT(fault(token_eviction::table(), "kv_quant(adakv)"), HasSubstr("missing the policy"));
}

TEST(Wrapping, IsRefusedWhereNoneIsTaken) {
  const std::vector<std::string> blocks(std::begin(kBlockWrappers), std::end(kBlockWrappers));
  const std::vector<std::string> tokens(std::begin(kTokenWrappers), std::end(kTokenWrappers));
  expect_refusals(eviction::table(), "fifo", blocks);
  expect_refusals(token_eviction::table(), "window", tokens);
  expect_refusals(cache_admission::table(), "always");
  expect_refusals(tiering::table(), "never");
  expect_refusals(admission::table(), "always");
  expect_refusals(routing::table(), "round_robin");
  expect_refusals(batching::table(), "vllm_v0");
  expect_refusals(sleep::table(), "never");
  expect_refusals(step_cost::table(), "affine");
}

TEST(Wrapping, HasABottom) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "ttl(";
    return text + "lru" + std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_EQ(fault(eviction::table(), nested(15)), "");
  for (const int depth : {16, 10'000}) {
    EXPECT_THAT(fault(eviction::table(), nested(depth)), HasSubstr("more than 16 deep"));
  }
  const std::string lists(10'000, '[');
  EXPECT_THAT(fault(eviction::table(), "lru(x=" + lists + std::string(10'000, ']') + ")"),
              HasSubstr("more than 16 deep"));
}

TEST(Wrapping, AQuotaHasNoQuotaWithin) {
  for (const char* text : {"per_tenant_quota(per_tenant_quota(lru))",
                           "per_tenant_quota(ttl(per_tenant_quota(lru)), share=0.5)",
                           "ttl(per_tenant_quota(pin_system_prompts(per_tenant_quota(lru))))"}) {
    EXPECT_THAT(fault(eviction::table(), text), HasSubstr("a quota within a quota")) << text;
  }
  EXPECT_EQ(fault(eviction::table(), "ttl(per_tenant_quota(ttl(lru)))"), "");
}

}  // namespace kvern
