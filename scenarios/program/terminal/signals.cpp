#include "scenarios/program/terminal/signals.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstring>

#include "scenarios/program/terminal/exit_codes.h"

namespace kvern {
namespace {

// A signal handler can reach nothing but globals, and call little: no fmt, no stdio.
std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr long kLifeSigns = 10;         // seconds between two
std::atomic<long> grace_us{1'800'000};  // from the signal to the end by force
std::atomic<long> alive{0};             // seconds, as far as signs of life tell

// Two buffers, so that the handler never sees half a text.
constexpr std::size_t kTextBytes = 160;
char texts[2][kTextBytes] = {"at work", ""};
std::atomic<int> shown{0};

void alarm_after(long us, long every_s) {
  const itimerval timer{{every_s, 0}, {us / 1'000'000, us % 1'000'000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void on_signal(int) {
  flag.store(true);
  alarm_after(grace_us.load(), 0);
}

void put(char*& at, const char* text) {
  while (*text != '\0') *at++ = *text++;
}

void put_number(char*& at, long number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) *at++ = digits[--count];
}

void on_alarm(int) {
  if (flag.load()) _exit(kInterrupted);
  alive.fetch_add(kLifeSigns);
  const char* text = texts[shown.load()];
  if (*text == '\0') return;
  char line[kTextBytes + 64];
  char* end = line;
  put(end, "kvern: ");
  put_number(end, alive.load());
  put(end, " s: ");
  put(end, text);
  put(end, "\n");
  const ssize_t written = write(STDERR_FILENO, line, static_cast<std::size_t>(end - line));
  (void)written;  // nobody to tell
}

}  // namespace

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction alarm = {};
  alarm.sa_handler = on_alarm;
  alarm.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &alarm, nullptr);
  alarm_after(kLifeSigns * 1'000'000, kLifeSigns);
  // A closed stdout and a file beyond its limit are failed writes, not deaths.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& interrupted() { return flag; }

void shorten_grace() { grace_us.store(1'200'000); }

void say_progress(std::string_view text) {
  const int next = 1 - shown.load();
  const std::size_t size = std::min(text.size(), kTextBytes - 1);
  std::memcpy(texts[next], text.data(), size);
  texts[next][size] = '\0';
  shown.store(next);
}

}  // namespace kvern
