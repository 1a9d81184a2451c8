#include "scenarios/program/command/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/run/record_columns.h"
#include "analysis/summary/summary.h"
#include "scenarios/program/build/port_list.h"
#include "scenarios/program/command/describe_data.h"
#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/terminal/exit_codes.h"

namespace kvern {
namespace {

// A scenario with one of each repeated table, so that reading it meets every key.
constexpr const char* kOneOfEach = R"toml([workload]
arrivals = "poisson(rate=1 req/s)"
lengths = "azure2023_conversation"
requests = 1
[[pool]]
[[pool.kv.tier]]
[paper]
[[sweep]]
[[expect]]
)toml";

// "pool.0.kv" as users write it: "pool.kv".
std::string plain_path(const std::string& path) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.find_first_not_of("0123456789") != std::string::npos) {
      out += (out.empty() ? "" : ".") + part;
    }
    begin = end + 1;
  }
  return out;
}

// A generator and a trace do not go together: what a trace's keys say comes from a second reading.
void add_trace_keys(KeyBook& book) {
  Issues ignored;
  KeyBook more;
  const auto root = read_toml_text("trace = \"\"\n", "", ignored);
  read_workload(Parameters(&*root, "workload", ignored, &more), "", 1, true);
  for (KeyEntry& entry : more) {
    const auto same = [&entry](const KeyEntry& other) {
      return other.table == entry.table && other.key == entry.key;
    };
    const auto known = std::find_if(book.begin(), book.end(), same);
    if (known == book.end()) {
      book.push_back(std::move(entry));
    } else if (known->type == "value") {
      *known = std::move(entry);
    }
  }
}

KeyBook scenario_keys() {
  Issues ignored;
  const auto root = read_toml_text(kOneOfEach, "", ignored);
  KeyBook book = read_scenario_keys(*root, "", ignored).book;
  add_trace_keys(book);
  for (KeyEntry& entry : book) entry.table = plain_path(entry.table);
  return book;
}

bool is_table(const KeyEntry& entry) { return entry.type == "table" || entry.type == "tables"; }

bool is_policy(const KeyBook& book, const std::string& table) {
  return std::any_of(book.begin(), book.end(), [&table](const KeyEntry& entry) {
    return entry.table == table && entry.key == "policy" && table != "router";
  });
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += " ";
    out += word;
    column += word.size() + (column > indent ? 1 : 0);
    begin = end + 1;
  }
  return out;
}

std::string keys_text(const KeyBook& keys) {
  std::size_t name = 3;
  std::size_t type = 4;
  std::size_t fallback = 7;
  const auto default_of = [](const KeyEntry& entry) {
    if (entry.required) return std::string("required");
    return entry.default_value.empty() ? std::string("-") : entry.default_value;
  };
  std::vector<const KeyEntry*> rows;
  for (const KeyEntry& entry : keys) {
    if (is_table(entry) || entry.key == "policy") continue;
    rows.push_back(&entry);
    name = std::max(name, entry.key.size());
    type = std::max(type, std::min<std::size_t>(entry.type.size(), 36));
    fallback = std::max(fallback, std::min<std::size_t>(default_of(entry).size(), 24));
  }
  if (rows.empty()) return "  no keys\n";
  std::string out = fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", "key", name, "type", type,
                                "default", fallback, "meaning");
  const std::size_t indent = 2 + name + 2 + type + 2 + fallback + 2;
  for (const KeyEntry* entry : rows) {
    out += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", entry->key, name, entry->type, type,
                       default_of(*entry), fallback, wrapped(entry->doc, indent, 100));
  }
  return out;
}

// The tables of a scenario in order, "" first.
std::vector<std::string> tables_of(const KeyBook& book) {
  std::vector<std::string> tables{""};
  for (const KeyEntry& entry : book) {
    if (std::find(tables.begin(), tables.end(), entry.table) == tables.end()) {
      tables.push_back(entry.table);
    }
  }
  return tables;
}

std::string overview() {
  const KeyBook book = scenario_keys();
  std::string out =
      "The tables of a scenario file and their keys. Each key's type, default and meaning:\n"
      "kvern describe pool.kv\n";
  for (const std::string& table : tables_of(book)) {
    if (is_policy(book, table)) continue;  // its keys are the policy's, below
    std::string keys;
    for (const KeyEntry& entry : book) {
      if (entry.table == table && !is_table(entry)) keys += (keys.empty() ? "" : " ") + entry.key;
    }
    out +=
        fmt::format("  {:<20}  {}\n", table.empty() ? "scenario" : table, wrapped(keys, 24, 100));
  }
  out +=
      "\nThe questions that policies answer, and the policies. What one does, and its keys:\n"
      "kvern describe eviction.lru\n";
  for (const PortInfo& port : port_list()) {
    out += fmt::format("  {:<20}  {}\n", port.name, port.question);
    std::string names;
    for (const auto& policy : port.policies) names += (names.empty() ? "" : " ") + policy;
    out += std::string(24, ' ') + wrapped(names, 24, 100) + "\n";
  }
  out += "\nBoards and language models: kvern describe hardware, kvern describe models\n";
  out += "\nResults: kvern describe records\n";
  return out;
}

std::string first_sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::string port_text(const PortInfo& port) {
  std::string out = fmt::format("{}: {}\n", port.name, port.question);
  for (const std::string& policy : port.policies) {
    out += fmt::format("  {:<22}  {}\n", policy,
                       wrapped(first_sentence(policy_comment(port, policy)), 26, 100));
  }
  return out;
}

// "" where the topic is none.
std::string text_of(const std::string& topic, std::vector<std::string>& known) {
  if (topic.empty()) return overview();
  if (topic == "records") return describe_records() + "\n" + describe_summary();
  known = {"records", "scenario", "hardware", "models"};
  for (const PortInfo& port : port_list()) {
    known.push_back(port.name);
    for (const std::string& policy : port.policies) {
      known.push_back(port.name + "." + policy);
      if (topic == known.back()) {
        return topic + "\n" + policy_comment(port, policy) + "\n" + keys_text(port.keys(policy));
      }
    }
    if (topic == port.name) return port_text(port);
  }
  const KeyBook book = scenario_keys();
  for (const std::string& table : tables_of(book)) {
    known.push_back(table);
    if (topic != (table.empty() ? "scenario" : table)) continue;
    KeyBook keys;
    std::copy_if(book.begin(), book.end(), std::back_inserter(keys),
                 [&table](const KeyEntry& entry) { return entry.table == table; });
    return topic + "\n" + keys_text(keys);
  }
  return {};
}

}  // namespace

int describe_command(const std::string& topic) {
  std::vector<std::string> known;
  Issues issues;
  std::string text = describe_data(topic, issues);
  if (text.empty() && !issues.any_error()) text = text_of(topic, known);
  if (issues.any_error()) {
    std::fputs(issues.text().c_str(), stderr);
    return kUserError;
  }
  if (text.empty()) {
    const std::string hint = did_you_mean(topic, known);
    issues.error({"kvern", 0, 0}, fmt::format("nothing to describe is called \"{}\"", topic),
                 hint.empty() ? "kvern describe lists all" : hint);
    std::fputs(issues.text().c_str(), stderr);
    return kUserError;
  }
  std::fputs(text.c_str(), stdout);
  return kGood;
}

}  // namespace kvern
