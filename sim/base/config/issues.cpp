#include "sim/base/config/issues.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kvern {

void Issues::error(Location where, std::string what, std::string hint) {
  all_.push_back({std::move(where), Severity::Error, std::move(what), std::move(hint)});
  ++errors_;
}

void Issues::warning(Location where, std::string what, std::string hint) {
  all_.push_back({std::move(where), Severity::Warning, std::move(what), std::move(hint)});
}

void Issues::note(Location where, std::string what, std::string hint) {
  all_.push_back({std::move(where), Severity::Note, std::move(what), std::move(hint)});
}

namespace {

// In the order of a reader who goes through each file from its top; a note stays behind the issue
// that it explains. Files are in the order in which they were first complained of.
std::vector<Issue> reading_order(const std::vector<Issue>& issues) {
  std::vector<std::string_view> files;
  std::vector<std::vector<Issue>> groups;
  for (const Issue& issue : issues) {
    if (std::find(files.begin(), files.end(), issue.where.file) == files.end()) {
      files.push_back(issue.where.file);
    }
    if (groups.empty() || issue.severity != Severity::Note) groups.emplace_back();
    groups.back().push_back(issue);
  }
  const auto place = [&](const std::vector<Issue>& group) {
    const Location& where = group.front().where;
    return std::tuple(std::find(files.begin(), files.end(), where.file), where.line, where.column);
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::vector<Issue> ordered;
  for (const std::vector<Issue>& group : groups) {
    ordered.insert(ordered.end(), group.begin(), group.end());
  }
  return ordered;
}

}  // namespace

std::string Issues::text() const {
  static constexpr const char* kinds[] = {"error", "warning", "note"};
  std::string out;
  for (const Issue& issue : reading_order(all_)) {
    if (!issue.where.file.empty()) {
      out += issue.where.file;
      if (issue.where.line > 0) out += ":" + std::to_string(issue.where.line);
      if (issue.where.column > 0) out += ":" + std::to_string(issue.where.column);
      out += ": ";
    }
    out += kinds[static_cast<int>(issue.severity)];
    out += ": " + issue.what;
    if (!issue.hint.empty()) out += "; " + issue.hint;
    out += "\n";
  }
  return out;
}

namespace {

// Edits (insert, delete, replace, swap of neighbours) between two words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestWord = 100;  // nobody meant a name with something longer
  if (word.size() > kLongestWord) return "";
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : known) {
    // "h100" is the beginning of "h100_sxm", however many letters are missing.
    const bool begins = word.size() > 2 && candidate.starts_with(word);
    const std::size_t edits = begins ? 1 : distance(word, candidate);
    if (edits < best) {
      best = edits;
      nearest = &candidate;
    }
  }
  return nearest != nullptr ? "did you mean \"" + *nearest + "\"?" : "";
}

}  // namespace kvern
