#include "scenarios/program/run/resolved.h"

#include <algorithm>
#include <map>
#include <vector>

#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

struct Section {
  std::string path;
  std::vector<const KeyEntry*> keys;
};

std::string path_of(const KeyEntry& entry) {
  return entry.table.empty() ? entry.key : entry.table + "." + entry.key;
}

// Tables in the order in which they were first read, the top level first.
std::vector<Section> sections_of(const KeyBook& book) {
  std::vector<Section> sections{{"", {}}};
  std::map<std::string, std::size_t> index{{"", 0}};
  for (const KeyEntry& entry : book) {
    const auto [place, fresh] = index.try_emplace(entry.table, sections.size());
    if (fresh) sections.push_back({entry.table, {}});
    sections[place->second].keys.push_back(&entry);
  }
  return sections;
}

bool speaks_of_points(const std::string& path) {
  return path.starts_with("sweep.") || path.starts_with("expect.") ||
         path.starts_with("measured.") || path == "case.rows";
}

class Writer {
 public:
  explicit Writer(const KeyBook& book) : sections_(sections_of(book)) {}

  std::string text(bool as_point) const {
    std::string out;
    for (const Section& section : sections_) {
      if (as_point && speaks_of_points(section.path)) continue;
      const std::string lines = lines_of(section);
      if (lines.empty() || inline_policy(section.path)) continue;
      if (!section.path.empty()) out += "\n" + table_title(section.path) + "\n";
      out += lines;
    }
    return out;
  }

 private:
  const Section* find(const std::string& path) const {
    const auto same = [&path](const Section& section) { return section.path == path; };
    const auto found = std::find_if(sections_.begin(), sections_.end(), same);
    return found != sections_.end() ? &*found : nullptr;
  }

  // A policy without further keys: written as its name alone.
  bool inline_policy(const std::string& path) const {
    const Section* section = find(path);
    return section != nullptr && section->keys.size() == 1 &&
           section->keys.front()->key == "policy";
  }

  std::string lines_of(const Section& section) const {
    std::string lines;
    for (const KeyEntry* entry : section.keys) {
      std::string value = entry->value;
      if (entry->type == "policy") {
        const std::string path = path_of(*entry);
        // The policy's own keys, with their defaults, follow as a table.
        if (const Section* own = find(path)) {
          value = inline_policy(path) ? own->keys.front()->value : "";
        }
      }
      if (!value.empty()) lines += entry->key + " = " + value + "\n";
    }
    return lines;
  }

  std::vector<Section> sections_;
};

}  // namespace

std::string resolved_toml(const KeyBook& book, bool as_point) {
  return Writer(book).text(as_point);
}

}  // namespace kvern
