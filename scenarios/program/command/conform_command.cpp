#include "scenarios/program/command/conform_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "scenarios/program/build/plugin.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "sim/cache/conformance.h"

namespace kvern {

int conform_command(const std::string& file) {
  Issues issues;
  const std::string name = load_plugin(file, issues);
  std::fputs(issues.text().c_str(), stderr);
  if (name.empty()) return kUserError;
  const auto findings = conformance_failures([&name] {
    Issues none;
    return make_policy(eviction_policies(), "eviction", parse_policy(name, {}, none), "", none);
  });
  for (const std::string& finding : findings) fmt::print("{}: {}\n", name, finding);
  if (!findings.empty()) return kMissed;
  fmt::print("{} conforms\n", name);
  return kGood;
}

}  // namespace kvern
