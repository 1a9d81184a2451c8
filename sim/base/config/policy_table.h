// The policies of a port, by name. Each file of a folder of policies defines
// `std::unique_ptr<Port> make(Parameters&)` in a namespace of its own name; CMake writes the table.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/parameters.h"

namespace kvern {

template <class Port>
struct PolicyEntry {
  const char* name;
  std::unique_ptr<Port> (*make)(Parameters&);
};
template <class Port>
using PolicyTable = std::vector<PolicyEntry<Port>>;

// Builds the policy that `spec` (see Parameters::policy) names; its keys are checked and entered in
// `book`. Null, with an issue (`unknown eviction policy "lur"; did you mean "lru"?`), when it
// can't; null for an empty `spec`, which had its issue when it was read.
template <class Port>
std::unique_ptr<Port> make_policy(const PolicyTable<Port>& table, std::string_view port,
                                  const Config& spec, const std::string& path, Issues& issues,
                                  KeyBook* book = nullptr) {
  if (spec.members.empty()) return nullptr;
  const Config* name = spec.find("policy");
  if (name == nullptr || name->kind != Config::Kind::Text) {
    issues.error(spec.where, "expected a " + std::string(port) + " policy");
    return nullptr;
  }
  std::vector<std::string> known;
  for (const auto& entry : table) {
    known.emplace_back(entry.name);
    if (name->text != entry.name) continue;
    Parameters parameters(&spec, path, issues, book);
    parameters.choice("policy", name->text, {name->text}, "which policy");
    auto policy = entry.make(parameters);
    parameters.finish();
    return policy;
  }
  std::string hint = did_you_mean(name->text, known);
  if (hint.empty()) {
    for (const std::string& each : known) hint += (hint.empty() ? "they are " : ", ") + each;
  }
  issues.error(name->where, "unknown " + std::string(port) + " policy \"" + name->text + "\"",
               hint);
  return nullptr;
}

// The policy that `p`'s wraps ("ttl(lru, after=10 min)"). Null, with an issue, where there is none
// or it is wrong. `duty` says what it is for.
template <class Port>
std::unique_ptr<Port> make_wrapped(const PolicyTable<Port>& table, std::string_view port,
                                   Parameters& p, std::string_view duty) {
  const Config spec = p.wrapped(duty);
  return make_policy(table, port, spec, p.path() + ".wrapped", p.issues(), p.book());
}

}  // namespace kvern
