#include "tests/lab/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace kvern::lab {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

Program::Program(std::string binary) : binary_(std::move(binary)) {
  std::string name = (std::filesystem::temp_directory_path() / "kvern.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

Program::~Program() { std::filesystem::remove_all(folder_); }

std::string Program::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name) << text;
  return (folder_ / name).string();
}

Output Program::call(std::vector<std::string> arguments) const {
  const std::string out = (folder_ / "stdout").string();
  const std::string err = (folder_ / "stderr").string();
  arguments.insert(arguments.begin(), binary_);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
}

Output Program::run(const std::string& scenario, const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{"run", scenario, "--out", (folder_ / "out").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return call(arguments);
}

std::vector<double> numbers_of(const std::string& json, const std::string& key) {
  const std::string quoted = "\"" + key + "\":";
  std::vector<double> numbers;
  for (std::size_t at = json.find(quoted); at != std::string::npos; at = json.find(quoted, at)) {
    at += quoted.size();
    char* end = nullptr;
    const double number = std::strtod(json.c_str() + at, &end);
    if (end != json.c_str() + at) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace kvern::lab
