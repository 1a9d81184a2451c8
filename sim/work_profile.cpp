#include "sim/work_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>

#include "sim/base/exact_math.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/io/output_file.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

constexpr const char* kWorkProfile = "work profile";

// Gives every column of a row to `each(name, unit, description, member)`.
template <class Row, class Each>
void work_columns(Row& row, const Each& each) {
  each("policy", "text", "without its budget", row.policy);
  each("budget", "1", "share of the prompt, or of the text; 0: none given", row.budget);
  each("domain", "text", "all: every text", row.domain);
  each("prompt_tokens", "tokens", "", row.prompt_tokens);
  each("context_first", "tokens", "", row.context_first);
  each("context_last", "tokens", "", row.context_last);
  each("steps", "1", "decode steps x sequences", row.steps);
  each("resident_tokens", "tokens", "held after a step", row.resident_tokens);
  each("read_tokens", "tokens", "read in a step, the new one among them", row.read_tokens);
  each("kv_bytes_read", "B", "keys and values, a step, layer and KV head", row.kv_bytes_read);
  each("kv_bytes_written", "B", "of the new token", row.kv_bytes_written);
  each("attention_flops", "1", "a step, layer and KV head", row.attention_flops);
  each("policy_flops", "1", "the policy's own", row.policy_flops);
  each("policy_bytes_read", "B", "the policy's own", row.policy_bytes_read);
  each("policy_bytes_written", "B", "the policy's own", row.policy_bytes_written);
  each("recall", "1", "mass of the full row on what is read; NaN unknown", row.recall);
  each("output_error", "1", "norm(o - o~) / norm(o); NaN unknown", row.output_error);
  each("nll", "nats", "a token; NaN unknown", row.nll);
  each("nll_dense", "nats", "a token, nothing evicted; NaN unknown", row.nll_dense);
}

template <class Row, class Each>
void quality_columns(Row& row, const Each& each) {
  each("policy", "text", "without its budget", row.policy);
  each("budget", "1", "share of the prompt, or of the text; 0: none given", row.budget);
  each("kind", "text", "all, language, domain, rarity, retrieval", row.kind);
  each("group", "text", "of that kind", row.group);
  each("tokens", "1", "predicted ones", row.tokens);
  each("nll", "nats", "a token; NaN unknown", row.nll);
  each("nll_dense", "nats", "a token, nothing evicted", row.nll_dense);
  each("increase_share", "1", "(nll - nll_dense) / nll_dense", row.increase_share);
  each("increase_low", "1", "lower end of its 95 % interval", row.increase_low);
  each("increase_high", "1", "upper end", row.increase_high);
  each("top1_agreement", "1", "same best guess as dense attention", row.top1_agreement);
  each("kl", "nats", "from dense attention's distribution", row.kl);
  each("accuracy", "1", "share of tokens that were the best guess", row.accuracy);
  each("accuracy_dense", "1", "dense attention's", row.accuracy_dense);
}

// Texts of the file's columns, each once.
struct Texts {
  std::vector<std::string> list;
  std::map<std::string, std::uint32_t> number;

  std::uint32_t add(const std::string& text) {
    const auto [at, fresh] = number.try_emplace(text, static_cast<std::uint32_t>(list.size()));
    if (fresh) list.push_back(text);
    return at->second;
  }
};

template <class T>
constexpr bool kIsText = std::is_same_v<std::remove_cvref_t<T>, std::string>;

// `columns(row, each)` is one of the two above.
template <class Row, class Columns>
void write_rows(TableWriter& file, const std::string& group, const std::vector<Row>& rows,
                Texts& texts, const Columns& columns) {
  TableSpec spec;
  spec.group = group;
  const Row shape;
  columns(shape, [&](const char* name, const char* unit, const char* text, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (kIsText<Member>) {
      spec.columns.push_back({name, ColumnType::U32, "1", "row of /texts/text"});
    } else {
      spec.columns.push_back({name, column_type<Member>(), unit, text});
    }
  });
  Table& table = file.add_table(spec);
  for (const Row& row : rows) {
    std::size_t column = 0;
    columns(row, [&](const char*, const char*, const char*, const auto& member) {
      if constexpr (kIsText<decltype(member)>) {
        table.put(column++, texts.add(member));
      } else {
        table.put(column++, member);
      }
    });
    table.end_row();
  }
}

// NaN says "not measured"; nothing measured is infinite.
template <class T>
T checked(T value, const std::string& file, const std::string& column) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isinf(value)) throw OutsideError(fmt::format("{}: {} is infinite", file, column));
  }
  return value;
}

template <class Row, class Columns>
std::vector<Row> read_rows(TableReader& file, const std::string& group,
                           const std::vector<std::string>& texts, const Columns& columns) {
  std::vector<Row> rows;
  Row shape;
  std::size_t column = 0;
  columns(shape, [&](const char* name, const char*, const char*, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    using Stored = std::conditional_t<kIsText<Member>, std::uint32_t, Member>;
    const std::string path = fmt::format("{}/{}", group, name);
    const std::vector<Stored> values = file.read_all<Stored>(path);
    if (column == 0) rows.resize(values.size());
    if (values.size() != rows.size()) {
      throw OutsideError(
          fmt::format("{}: {} has {} rows, not {}", file.path(), path, values.size(), rows.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::size_t at = 0;
      columns(rows[i], [&](const char*, const char*, const char*, auto& into) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(into)>, Member>) {
          if (at == column) {
            if constexpr (kIsText<Member>) {
              if (values[i] >= texts.size()) {
                throw OutsideError(
                    fmt::format("{}: {} has no text {}", file.path(), path, values[i]));
              }
              into = texts[values[i]];
            } else {
              into = checked(values[i], file.path(), path);
            }
          }
        }
        ++at;
      });
    }
    ++column;
  });
  return rows;
}

const auto kWork = [](auto& row, const auto& each) { work_columns(row, each); };
const auto kQuality = [](auto& row, const auto& each) { quality_columns(row, each); };

std::string without_blanks(std::string_view text) {
  std::string left(text);
  left.erase(std::remove(left.begin(), left.end(), ' '), left.end());
  return left;
}

bool same(const std::string& policy, double budget, const std::string& wanted,
          double wanted_budget) {
  return policy == wanted && std::abs(budget - wanted_budget) <= 1e-9;
}

}  // namespace

const QualityRow* find_quality(const WorkProfile& profile, std::string_view policy, double budget,
                               std::string_view kind, std::string_view group) {
  const std::string wanted = without_blanks(policy);
  for (const QualityRow& row : profile.quality) {
    if (same(row.policy, row.budget, wanted, budget) && row.kind == kind && row.group == group) {
      return &row;
    }
  }
  return nullptr;
}

const QualityRow* worst_group(const WorkProfile& profile, std::string_view policy, double budget) {
  const std::string wanted = without_blanks(policy);
  const QualityRow* worst = nullptr;
  for (const QualityRow& row : profile.quality) {
    if (!same(row.policy, row.budget, wanted, budget)) continue;
    if (row.kind == "all" || row.kind == "retrieval" || std::isnan(row.increase_share)) continue;
    if (worst == nullptr || row.increase_share > worst->increase_share) worst = &row;
  }
  return worst;
}

std::vector<const WorkRow*> find_work(const WorkProfile& profile, std::string_view policy,
                                      double budget, std::string_view domain) {
  const std::string wanted = without_blanks(policy);
  std::vector<const WorkRow*> found;
  for (const WorkRow& row : profile.work) {
    if (same(row.policy, row.budget, wanted, budget) && row.domain == domain) found.push_back(&row);
  }
  return found;
}

double perplexity(double nll) { return exact::exp(nll); }

void write_work_profile(const WorkProfile& profile, const std::string& path) {
  OutputFile output(path, kWorkProfile);
  TableWriter file(output.partial());
  file.set_attribute("/", "format", std::string("kvern.work_profile"));
  file.set_attribute("/", "version", std::int64_t{1});
  file.set_attribute("/", "model", profile.model);
  file.set_attribute("/", "source", profile.source);
  file.set_attribute("/", "closed_loop", std::int64_t{profile.closed_loop ? 1 : 0});
  const std::pair<const char*, std::uint32_t> counts[] = {{"layers", profile.layers},
                                                          {"heads", profile.heads},
                                                          {"kv_heads", profile.kv_heads},
                                                          {"head_dim", profile.head_dim},
                                                          {"kv_bits", profile.kv_bits}};
  for (const auto& [name, count] : counts) file.set_attribute("/", name, std::int64_t{count});
  Texts texts;
  write_rows(file, "/work", profile.work, texts, kWork);
  write_rows(file, "/quality", profile.quality, texts, kQuality);
  Table& names = file.add_table({"/texts", {{"text", ColumnType::Text, "", "of the columns"}}});
  for (const std::string& text : texts.list) names.append_text(text);
  file.close_sealed(kWorkProfile);
  output.commit();
}

WorkProfile read_work_profile(const std::string& path) {
  TableReader file(path, kWorkProfile, "kvern attention --profile writes one");
  if (file.text_attribute("/", "format") != "kvern.work_profile" ||
      file.integer_attribute("/", "version") != 1) {
    throw OutsideError(path + ": not a work profile of a version this program knows");
  }
  WorkProfile profile;
  profile.model = file.text_attribute("/", "model");
  profile.source = file.text_attribute("/", "source");
  profile.closed_loop = file.integer_attribute("/", "closed_loop") != 0;
  const std::pair<const char*, std::uint32_t*> counts[] = {{"layers", &profile.layers},
                                                           {"heads", &profile.heads},
                                                           {"kv_heads", &profile.kv_heads},
                                                           {"head_dim", &profile.head_dim},
                                                           {"kv_bits", &profile.kv_bits}};
  for (const auto& [name, count] : counts) {
    const std::int64_t value = file.integer_attribute("/", name);
    if (value < 1 || value > 1'000'000'000) {
      throw OutsideError(fmt::format("{}: attribute {} is no usable count", path, name));
    }
    *count = static_cast<std::uint32_t>(value);
  }
  const std::vector<std::string> texts = file.read_text("/texts/text");
  profile.work = read_rows<WorkRow>(file, "/work", texts, kWork);
  profile.quality = read_rows<QualityRow>(file, "/quality", texts, kQuality);
  return profile;
}

}  // namespace kvern
