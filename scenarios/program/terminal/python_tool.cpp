#include "scenarios/program/terminal/python_tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "scenarios/program/build/origin.h"
#include "scenarios/program/terminal/signals.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

// The exit code; 127 where the program can't be started.
int run(std::vector<std::string> command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw OutsideError(fmt::format("can't start a process: {}", std::strerror(errno)));
  if (child == 0) {
    setpgid(0, 0);  // what it starts can be ended with it
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    if (interrupted()) kill(-child, SIGTERM);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::filesystem::path environment() {
  return std::filesystem::path(source_folder()) / "build" / "venv";
}

std::filesystem::path interpreter() { return environment() / "bin" / "python"; }

// Two programs at once must not make the same environment.
class Lock {
 public:
  Lock() {
    std::filesystem::create_directories(environment().parent_path());
    const std::string path = environment().string() + ".lock";
    file_ = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    if (file_ < 0 || lockf(file_, F_LOCK, 0) != 0) {
      throw OutsideError(fmt::format("{}: can't lock: {}", path, std::strerror(errno)));
    }
  }
  ~Lock() { close(file_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int file_ = -1;
};

// One file a package that is there, so that a second run asks nobody.
std::filesystem::path receipt(const std::string& package) {
  return environment() / ("have-" + package);
}

void install(const PythonTool& tool) {
  const Lock lock;
  std::vector<std::string> missing;
  for (const std::string& package : tool.packages) {
    if (!std::filesystem::exists(receipt(package))) missing.push_back(package);
  }
  if (missing.empty()) return;
  if (!std::filesystem::exists(interpreter())) {
    std::fprintf(stderr, "kvern: making a Python environment in %s\n", environment().c_str());
    if (run({"python3", "-m", "venv", environment().string()}) != 0) {
      throw OutsideError("python3 -m venv failed; Debian has it in the package python3-venv");
    }
  }
  std::fprintf(stderr, "kvern: installing Python packages: %s\n",
               fmt::format("{}", fmt::join(missing, " ")).c_str());
  std::vector<std::string> pip{interpreter().string(),       "-m", "pip", "install", "--quiet",
                               "--disable-pip-version-check"};
  pip.insert(pip.end(), missing.begin(), missing.end());
  if (run(pip) != 0) {
    throw OutsideError(
        fmt::format("the Python packages {} could not be installed: this needs the network once",
                    fmt::join(missing, ", ")));
  }
  for (const std::string& package : missing) std::ofstream(receipt(package)) << '\n';
}

}  // namespace

int run_python_tool(const PythonTool& tool, const std::vector<std::string>& arguments) {
  install(tool);
  const std::filesystem::path script = std::filesystem::path(source_folder()) / tool.script;
  if (!std::filesystem::exists(script)) {
    throw OutsideError(fmt::format("{}: not there", script.string()));
  }
  std::vector<std::string> command{interpreter().string(), "-B", script.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const int code = run(command);
  if (code > 3 || code == 1) {
    throw OutsideError(fmt::format("{} ended with code {}", tool.script, code));
  }
  return code;
}

}  // namespace kvern
