#include "sim/base/io/csv.h"

#include <algorithm>

namespace kvern {

CsvReader::CsvReader(ByteSource& source, char separator) : lines_(source), separator_(separator) {
  if (!next()) return;
  for (const std::string_view name : fields_) header_.emplace_back(name);
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

bool CsvReader::read_record() {
  std::string_view line;
  if (!lines_.next(line)) return false;
  line_ = lines_.number();
  record_.assign(line);
  // An odd number of quotes: a quoted field goes on on the next line.
  auto quotes = std::count(record_.begin(), record_.end(), '"');
  while (quotes % 2 != 0 && record_.size() <= kLongestLine && lines_.next(line)) {
    record_ += '\n';
    record_ += line;
    quotes += std::count(line.begin(), line.end(), '"');
  }
  return true;
}

bool CsvReader::next() {
  do {
    if (!read_record()) return false;
  } while (record_.empty());
  split();
  return true;
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
