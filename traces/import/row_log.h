// What an import has to say about the rows of a file: bad ones, those left out, notes. Nothing is
// lost silently: bad rows stop an import, or (--skip-bad) are written aside and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/issues.h"

namespace kvern {

class RowLog {
 public:
  // `aside`: file for bad rows ("line<TAB>row as read" a line), made at the first one; an older one
  // is removed. "" = bad rows are errors.
  RowLog(std::string file, std::string aside);
  ~RowLog();

  // The row the next calls speak of; `text` must stay valid until the next row.
  void at(std::int64_t line, std::string_view text);
  std::int64_t line() const { return line_; }
  // It is bad: `what` says why ("not a whole number"), `column` and `value` where. Once a row.
  void bad(std::string_view column, std::string_view value, std::string_view what);
  // It is left out by a rule of its format, which is no fault ("nothing was asked, ...").
  void left_out(const std::string& why);
  // Once, whatever the number of rows.
  void note(const std::string& what);
  // The file as a whole can't be read (missing column ...).
  void fatal(std::string what, std::string hint = {});

  bool failed() const { return fatal_; }
  const std::string& file() const { return file_; }
  std::uint64_t bad_rows() const { return bad_; }
  // Errors (or, written aside, one warning), notes and counts. Throws OutsideError when rows could
  // not be written aside.
  void report(Issues& issues);

 private:
  struct Aside;
  struct LeftOut {
    std::string why;
    std::uint64_t count;
    std::int64_t first_line;
  };
  std::string file_;
  std::string aside_path_;
  std::unique_ptr<Aside> aside_;
  std::int64_t line_ = 0;
  std::string_view text_;
  std::int64_t last_bad_ = -1;
  std::uint64_t bad_ = 0;
  bool fatal_ = false;
  std::vector<LeftOut> left_out_;
  std::vector<std::string> notes_;
  Issues found_;
};

}  // namespace kvern
