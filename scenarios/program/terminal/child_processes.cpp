#include "scenarios/program/terminal/child_processes.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

#include "scenarios/program/terminal/signals.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

struct Child {
  std::size_t index = 0;
  pid_t pid = -1;
  int pipe = -1;
};

[[noreturn]] void fail(const char* doing) {
  throw OutsideError(std::string(doing) + ": " + std::strerror(errno));
}

void write_all(int pipe, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = write(pipe, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // the parent is gone
    done += static_cast<std::size_t>(written);
  }
}

Child start(std::size_t index, const std::function<int(std::size_t, std::string&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) fail("can't make a pipe");
  std::fflush(nullptr);  // else the child would print it again
  const pid_t pid = fork();
  if (pid < 0) fail("can't start a process");
  if (pid == 0) {
    close(ends[0]);
    std::string output;
    const int code = work(index, output);
    write_all(ends[1], output);
    std::fflush(nullptr);
    _exit(code);
  }
  close(ends[1]);
  return {index, pid, ends[0]};
}

// Reads what is there; false at the end of the child's output.
bool read_some(const Child& child, std::string& output) {
  char buffer[65'536];
  const ssize_t got = read(child.pipe, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR;
  output.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

int exit_code_of(const Child& child) {
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) continue;
  close(child.pipe);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::vector<ChildResult> run_children(std::size_t count,
                                      const std::function<int(std::size_t, std::string&)>& work) {
  std::vector<ChildResult> results(count);
  std::vector<Child> running;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::size_t next = 0;
  bool told = false;
  while (next < count || !running.empty()) {
    const bool stopping = interrupted().load();
    if (stopping) {
      for (const Child& child : running) {
        if (!told) kill(child.pid, SIGTERM);
      }
      told = true;
      for (; next < count; ++next) results[next].exit_code = 130;
    }
    while (next < count && running.size() < cores) {
      running.push_back(start(next, work));
      ++next;
    }
    std::vector<pollfd> waits;
    waits.reserve(running.size());
    for (const Child& child : running) waits.push_back({child.pipe, POLLIN, 0});
    // Not for ever: a signal may come just before.
    if (poll(waits.data(), waits.size(), 200) < 0 && errno != EINTR) fail("can't wait");
    for (std::size_t i = waits.size(); i-- > 0;) {
      const Child child = running[i];
      if (waits[i].revents == 0 || read_some(child, results[child.index].output)) continue;
      results[child.index].exit_code = exit_code_of(child);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return results;
}

}  // namespace kvern
