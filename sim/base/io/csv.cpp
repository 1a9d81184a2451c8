#include "sim/base/io/csv.h"

#include <algorithm>

namespace kvern {

namespace {

constexpr std::size_t kMostLines = 16;  // behind the first one of a record

enum class Quotes : std::uint8_t { Match, Open, Wrong };

// Whether the quoted fields of a record are closed, and end where their quotes do.
Quotes quotes_of(std::string_view record, char separator) {
  for (std::size_t at = 0; at < record.size();) {
    if (record[at] != '"') {
      const std::size_t end = record.find(separator, at);
      if (end == std::string_view::npos) return Quotes::Match;
      at = end + 1;
      continue;
    }
    for (++at; at < record.size(); ++at) {
      if (record[at] != '"') continue;
      if (at + 1 == record.size() || record[at + 1] != '"') break;
      ++at;
    }
    if (at == record.size()) return Quotes::Open;
    if (++at == record.size()) return Quotes::Match;
    if (record[at++] != separator) return Quotes::Wrong;
  }
  return Quotes::Match;
}

}  // namespace

CsvReader::CsvReader(ByteSource& source, char separator) : lines_(source), separator_(separator) {
  if (!next()) return;
  for (const std::string_view name : fields_) header_.emplace_back(name);
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

// The next line of the file, without its end, into record_.
bool CsvReader::next_line() {
  if (!ahead_.empty()) {
    line_ = ahead_.front().first;
    record_ = std::move(ahead_.front().second);
    ahead_.pop_front();
    return true;
  }
  std::string_view line;
  if (!lines_.next(line)) return false;
  line_ = lines_.number();
  record_.assign(line);
  return true;
}

bool CsvReader::read_record() {
  broken_ = false;
  if (!next_line()) return false;
  const std::size_t first_line = record_.size();
  std::size_t taken = 0;  // further lines
  Quotes quotes = quotes_of(record_, separator_);
  while (quotes == Quotes::Open && taken < kMostLines) {  // a quoted field goes on
    std::string_view line;
    if (taken == ahead_.size() && lines_.next(line)) ahead_.emplace_back(lines_.number(), line);
    if (taken == ahead_.size()) break;
    record_ += '\n';
    record_ += ahead_[taken++].second;
    quotes = quotes_of(record_, separator_);
  }
  broken_ = quotes != Quotes::Match;
  if (!broken_) split();
  // Lines that make no record together do not belong together.
  broken_ = broken_ || (taken > 0 && !header_.empty() && fields_.size() != header_.size());
  if (broken_) {
    record_.resize(first_line);
    split_plainly();
  } else {
    ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return true;
}

bool CsvReader::next() {
  do {
    if (!read_record()) return false;
  } while (record_.empty());
  return true;
}

void CsvReader::split_plainly() {
  fields_.clear();
  const std::string_view record = record_;
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(record.find(separator_, at), record.size());
    fields_.push_back(record.substr(at, end - at));
    if (end == record.size()) return;
    at = end + 1;
  }
}

void CsvReader::split() {
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(record_.size());  // so that views into it stay valid
  const std::string_view record = record_;
  for (std::size_t at = 0;;) {
    if (at < record.size() && record[at] == '"') {
      const std::size_t start = unquoted_.size();
      for (++at; at < record.size(); ++at) {
        if (record[at] == '"' && (at + 1 >= record.size() || record[++at] != '"')) break;
        unquoted_ += record[at];
      }
      fields_.push_back(std::string_view(unquoted_).substr(start));
      at = std::min(record.find(separator_, at), record.size());
    } else {
      const std::size_t end = std::min(record.find(separator_, at), record.size());
      fields_.push_back(record.substr(at, end - at));
      at = end;
    }
    if (at == record.size()) return;
    ++at;
  }
}

std::string_view CsvReader::field(std::size_t column) const {
  return column < fields_.size() ? fields_[column] : std::string_view{};
}

}  // namespace kvern
