// A key of a scenario that names a policy: read, checked by making the policy once, and made again
// for every replica.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/program/spec/scenario.h"
#include "sim/base/config/policy_table.h"

namespace kvern {

// Reads `key`, makes the policy once so that its keys are checked and documented, and drops it.
// Policies of `later` are known by name, and refused as not built yet.
template <class Port>
PolicySpec read_policy(Parameters& p, std::string_view key, std::string_view default_text,
                       std::string_view doc, const PolicyTable<Port>& table, std::string_view port,
                       std::unique_ptr<Port>* made = nullptr,
                       const std::vector<std::string>& later = {}) {
  PolicySpec spec{p.policy(key, default_text, doc), std::string(key)};
  if (!p.path().empty()) spec.path = p.path() + "." + spec.path;
  const Config* name = spec.table.find("policy");
  if (name != nullptr && std::find(later.begin(), later.end(), name->text) != later.end()) {
    p.error(key, std::string(key) + " \"" + name->text + "\" is not built yet");
    return spec;
  }
  auto policy = make_policy(table, port, spec.table, spec.path, p.issues(), p.book());
  if (made != nullptr) *made = std::move(policy);
  return spec;
}

// A fresh one of a spec that read_policy accepted.
template <class Port>
std::unique_ptr<Port> make_again(const PolicyTable<Port>& table, std::string_view port,
                                 const PolicySpec& spec) {
  Issues none;
  return make_policy(table, port, spec.table, spec.path, none);
}

}  // namespace kvern
