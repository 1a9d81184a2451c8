#include "scenarios/program/terminal/child_processes.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include "scenarios/program/terminal/exit_codes.h"
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

// The last byte of a child that came to its own end: a plugin may end the process with code 0.
constexpr char kWhole = '\4';

Child start(std::size_t index, const ChildWork& work) {
  int ends[2];
  if (pipe(ends) != 0) fail("can't make a pipe");
  std::fflush(nullptr);  // else the child would print it again
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) fail("can't start a process");
  if (pid == 0) {
    // Its parent may be ended in a way that tells nobody.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kInterrupted);
    shorten_grace();
    close(ends[0]);
    std::string output;
    const int code = work(index, output);
    write_all(ends[1], output + kWhole);
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

// Waits for its end.
void finish(const Child& child, ChildResult& result) {
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) continue;
  close(child.pipe);
  const bool whole = !result.output.empty() && result.output.back() == kWhole;
  if (whole) result.output.pop_back();
  if (WIFEXITED(status) && (whole || WEXITSTATUS(status) == kInterrupted)) {
    result.exit_code = WEXITSTATUS(status);
    return;
  }
  result.exit_code = interrupted() ? kInterrupted : kOutside;
  result.fault = WIFSIGNALED(status) ? fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                                                   strsignal(WTERMSIG(status)))
                                     : fmt::format("ended with code {} and without its result",
                                                   WEXITSTATUS(status));
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// When told to stop: once by a word, then by force.
class Stopping {
 public:
  void stop(const std::vector<Child>& running) {
    constexpr double kPatience = 1;
    const bool first = !told_;
    if (first) told_ = Clock::now();
    const bool by_force = !first && seconds_since(*told_) > kPatience;
    if (!first && !by_force) return;
    for (const Child& child : running) kill(child.pid, by_force ? SIGKILL : SIGTERM);
  }

 private:
  std::optional<Clock::time_point> told_;
};

// Reads from the children for a moment and takes leave of those that ended.
void serve(std::vector<Child>& running, std::vector<ChildResult>& results) {
  std::vector<pollfd> waits;
  waits.reserve(running.size());
  for (const Child& child : running) waits.push_back({child.pipe, POLLIN, 0});
  // Not for ever: a signal may come just before.
  if (poll(waits.data(), waits.size(), 200) < 0 && errno != EINTR) fail("can't wait");
  for (std::size_t i = waits.size(); i-- > 0;) {
    const Child child = running[i];
    ChildResult& result = results[child.index];
    if (waits[i].revents == 0 || read_some(child, result.output)) continue;
    finish(child, result);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

std::vector<ChildResult> run_children(std::size_t count, const ChildWork& work) {
  std::vector<ChildResult> results(count);
  std::vector<Child> running;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::size_t next = 0;
  Stopping stopping;
  while (next < count || !running.empty()) {
    if (interrupted()) {
      stopping.stop(running);
      for (; next < count; ++next) results[next].exit_code = kInterrupted;
    }
    while (next < count && running.size() < cores) {
      running.push_back(start(next, work));
      ++next;
    }
    if (count > 1) {
      say_progress(fmt::format("{} of {} runs done", next - running.size(), count));
    }
    serve(running, results);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (results[i].fault.empty() || interrupted()) continue;
    std::fprintf(stderr, "error: run %zu of %zu %s\n", i + 1, count, results[i].fault.c_str());
  }
  return results;
}

ChildResult run_guarded(double seconds, const std::function<int(std::string&)>& work) {
  std::vector<ChildResult> results(1);
  std::vector<Child> running{start(0, [&](std::size_t, std::string& out) { return work(out); })};
  const Clock::time_point begin = Clock::now();
  Stopping stopping;
  bool late = false;
  while (!running.empty()) {
    if (interrupted()) stopping.stop(running);
    if (!late && seconds_since(begin) > seconds) {
      late = true;
      kill(running.front().pid, SIGKILL);
    }
    serve(running, results);
  }
  if (late) results[0].fault = fmt::format("did not come to an end in {} s", seconds);
  return results[0];
}

}  // namespace kvern
