#include "tests/lab/child_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>

namespace kvern::lab {

namespace {

std::string text_or_failure(const Lab& lab, bool with_steps) {
  try {
    return text(*run(lab), with_steps);
  } catch (const std::exception& broken) {
    return std::string("failed: ") + broken.what();
  }
}

void write_all(int out, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(out, text.data() + done, text.size() - done);
    if (wrote < 0) ::_exit(1);
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace

std::string text_of_child(const Lab& lab, bool with_steps) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no child");
  if (child == 0) {
    ::close(ends[0]);
    write_all(ends[1], text_or_failure(lab, with_steps));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char part[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], part, sizeof part)) > 0;) {
    said.append(part, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? said : said + "the child broke off";
}

}  // namespace kvern::lab
