#include "traces/import/row_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "sim/base/outside_error.h"

namespace kvern {

namespace {

constexpr std::uint64_t kBadRowsShown = 20;
constexpr std::size_t kValueShown = 60;

std::string shortened(std::string_view value) {
  if (value.size() <= kValueShown) return std::string(value);
  return std::string(value.substr(0, kValueShown)) + "...";
}

// Nothing is there, or a file that an earlier import made: a number and a tab begin its lines.
bool is_free(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, unknown);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  std::string begin(24, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(file.gcount()));
  const std::size_t digits = std::min(begin.find_first_not_of("0123456789"), begin.size());
  return begin.empty() || (digits > 0 && digits < begin.size() && begin[digits] == '\t');
}

}  // namespace

struct RowLog::Aside {
  std::ofstream file;
};

RowLog::RowLog(std::string file, std::string aside)
    : file_(std::move(file)), aside_path_(std::move(aside)) {
  if (aside_path_.empty()) return;
  if (!is_free(aside_path_)) {
    throw OutsideError(fmt::format(
        "{}: bad rows would be kept here, and there is something else; move it away", aside_path_));
  }
  std::error_code ignored;  // what an earlier import set aside would mislead
  std::filesystem::remove(aside_path_, ignored);
}
RowLog::~RowLog() = default;

void RowLog::at(std::int64_t line, std::string_view text) {
  line_ = line;
  text_ = text;
}

void RowLog::bad(std::string_view column, std::string_view value, std::string_view what) {
  if (last_bad_ == line_) return;
  last_bad_ = line_;
  ++bad_;
  if (bad_ <= kBadRowsShown) {
    const std::string message =
        fmt::format("bad row: {} = \"{}\": {}", column, shortened(value), what);
    const Location where{file_, static_cast<int>(line_), 0};
    if (aside_path_.empty()) {
      found_.error(where, message);
    } else {
      found_.warning(where, message);
    }
  }
  if (aside_path_.empty()) return;
  if (aside_ == nullptr) {
    aside_ = std::make_unique<Aside>();
    aside_->file.open(aside_path_, std::ios::binary | std::ios::trunc);
  }
  aside_->file << line_ << '\t' << text_ << '\n';
}

void RowLog::left_out(const std::string& why) {
  for (LeftOut& reason : left_out_) {
    if (reason.why == why) {
      ++reason.count;
      return;
    }
  }
  left_out_.push_back({why, 1, line_});
}

void RowLog::note(const std::string& what) {
  if (std::find(notes_.begin(), notes_.end(), what) == notes_.end()) notes_.push_back(what);
}

void RowLog::fatal(std::string what, std::string hint) {
  found_.error({file_, static_cast<int>(line_), 0}, std::move(what), std::move(hint));
  fatal_ = true;
}

void RowLog::report(Issues& issues) {
  for (const Issue& issue : found_.all()) {
    if (issue.severity == Severity::Error) {
      issues.error(issue.where, issue.what, issue.hint);
    } else {
      issues.warning(issue.where, issue.what, issue.hint);
    }
  }
  const Location whole{file_, 0, 0};
  if (aside_ != nullptr) {
    aside_->file.close();
    if (aside_->file.fail()) throw OutsideError("cannot write " + aside_path_);
    issues.warning(whole, fmt::format("bad rows: {}, skipped, kept in {}", bad_, aside_path_));
  } else if (bad_ > 0) {
    issues.error(whole, fmt::format("bad rows: {}", bad_),
                 "kvern trace import --skip-bad sets them aside and imports the others");
  }
  for (const LeftOut& reason : left_out_) {
    issues.warning(
        {file_, static_cast<int>(reason.first_line), 0},
        fmt::format("rows left out: {}, the first is this: {}", reason.count, reason.why));
  }
  for (const std::string& note : notes_) issues.note(whole, note);
}

}  // namespace kvern
