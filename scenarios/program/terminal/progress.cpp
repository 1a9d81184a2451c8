#include "scenarios/program/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "analysis/text/text.h"
#include "scenarios/program/terminal/signals.h"

namespace kvern {

Progress::Progress(std::uint64_t total)
    : total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + std::chrono::milliseconds(500)) {}

Progress::~Progress() {
  say_progress("at work");
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::show(SimTime now, std::uint64_t arrived) {
  const Clock::time_point wall = Clock::now();
  if (wall < next_) return;
  next_ = wall + std::chrono::milliseconds(200);
  const double seconds = std::chrono::duration<double>(wall - start_).count();
  const std::string share =
      total_ > 0 ? fmt::format(" of {}", with_thousands(total_)) : std::string();
  const std::string line = fmt::format(
      "simulated {:.1f} s, {}{} requests, {} a second", static_cast<double>(now) * 1e-9,
      with_thousands(arrived), share,
      with_thousands(static_cast<std::uint64_t>(static_cast<double>(arrived) / seconds)));
  say_progress(terminal_ ? "" : line);
  if (!terminal_) return;
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  shown_ = true;
}

}  // namespace kvern
