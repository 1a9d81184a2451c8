// Laws over the whole catalogue of eviction policies: a new one is here by being in its folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "sim/cache/conformance.h"

namespace kvern {
namespace {

template <class Port>
std::unique_ptr<Port> made(const PolicyTable<Port>& table, const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {}, issues);
  auto policy = make_policy(table, "policy", spec, "policy", issues);
  return issues.any_error() ? nullptr : std::move(policy);
}

// Each policy as it comes; those that wrap another, around two unlike ones.
std::vector<std::string> catalogue() {
  std::vector<std::string> names;
  for (const auto& entry : eviction::table()) {
    const std::string name = entry.name;
    if (made(eviction::table(), name) != nullptr) {
      names.push_back(name);
    } else {
      names.push_back(name + "(lru)");
      names.push_back(name + "(s3fifo)");
    }
  }
  return names;
}

class EvictionLaws : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Eviction> make() const { return made(eviction::table(), GetParam()); }
};

}  // namespace

TEST_P(EvictionLaws, AreKept) {
  ASSERT_NE(make(), nullptr);
  EXPECT_THAT(conformance_failures([this] { return make(); }), testing::IsEmpty());
}

TEST_P(EvictionLaws, AreKeptBehindEveryAdmission) {
  for (const auto& entry : cache_admission::table()) {
    EXPECT_THAT(conformance_failures([this] { return make(); },
                                     [&] { return made(cache_admission::table(), entry.name); }),
                testing::IsEmpty())
        << entry.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EvictionLaws, testing::ValuesIn(catalogue()),
                         [](const auto& each) {
                           std::string name = each.param;
                           for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

}  // namespace kvern
