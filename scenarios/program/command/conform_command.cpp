#include "scenarios/program/command/conform_command.h"

#include <cstdio>

#include "scenarios/program/build/plugin.h"
#include "scenarios/program/terminal/exit_codes.h"
#include "scenarios/program/terminal/signals.h"

namespace kvern {

int conform_command(const std::string& file) {
  const ChildResult tried = try_plugin(file);
  if (interrupted()) return kInterrupted;
  std::fputs(tried.output.c_str(), tried.exit_code == kUserError ? stderr : stdout);
  if (tried.fault.empty()) return tried.exit_code;
  std::fprintf(stderr, "%s: error: the process that tried this plugin %s\n", file.c_str(),
               tried.fault.c_str());
  return kUserError;
}

}  // namespace kvern
