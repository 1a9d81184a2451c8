#include "scenarios/program/command/bench_command.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>

#include "sim/base/outside_error.h"

namespace kvern {

int bench_command(bool json) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  std::string path = (self.parent_path() / "kvern_bench").string();
  std::string flag = "--json";
  char* arguments[] = {path.data(), json ? flag.data() : nullptr, nullptr};
  std::signal(SIGALRM, SIG_IGN);  // signs of life (signals.h) would end another program
  execv(path.c_str(), arguments);
  throw OutsideError("can't start " + path + ": " + std::strerror(errno) +
                     " (./kvern bench builds it)");
}

}  // namespace kvern
