#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/summary/summary.h"
#include "analysis/text/text.h"

namespace kvern {

namespace {

struct Cell {  // numbers end in one column, units begin in the next
  std::string number;
  std::string unit;
};

struct Line {
  std::string label;
  std::vector<Cell> cells;
};

// Three digits and the unit that suits the size: scales rise, each begins at `from`.
struct Scale {
  double from;
  double one;
  const char* unit;
};
constexpr Scale kTimes[] = {{0, 1e-6, "us"},  {1e-3, 1e-3, "ms"}, {1, 1, "s"},
                            {120, 60, "min"}, {7200, 3600, "h"},  {172800, 86400, "d"}};
constexpr Scale kJoules[] = {{0, 1e-6, "uJ"},  {1e-3, 1e-3, "mJ"}, {1, 1, "J"},
                             {1e3, 1e3, "kJ"}, {1e6, 1e6, "MJ"},   {1e9, 1e9, "GJ"}};
constexpr Scale kBytes[] = {
    {0, 1, "B"}, {1e3, 1e3, "kB"}, {1e6, 1e6, "MB"}, {1e9, 1e9, "GB"}, {1e12, 1e12, "TB"}};
constexpr Scale kGrams[] = {{0, 1e-3, "mg"}, {1, 1, "g"}, {1e3, 1e3, "kg"}, {1e6, 1e6, "t"}};
constexpr Scale kWatts[] = {{0, 1, "W"}, {1e3, 1e3, "kW"}, {1e6, 1e6, "MW"}};

std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

Cell scaled(double value, std::span<const Scale> scales) {
  if (value == 0) return {"0", ""};
  const Scale* scale = &scales.front();
  for (const Scale& s : scales) {
    if (value >= s.from) scale = &s;
  }
  return {three_digits(value / scale->one), scale->unit};
}

Cell cell_of(const SummaryEntry& entry) {
  const auto* count = std::get_if<std::uint64_t>(&entry.value);
  if (count != nullptr && entry.unit == "B") return scaled(static_cast<double>(*count), kBytes);
  if (count != nullptr) return {with_thousands(*count), ""};
  const auto* number = std::get_if<double>(&entry.value);
  if (number == nullptr) return {"-", ""};
  const std::string& unit = entry.unit;
  if (unit == "ms") return scaled(*number * 1e-3, kTimes);
  if (unit == "s") return scaled(*number, kTimes);
  if (unit == "J" || unit == "J/token") return scaled(*number, kJoules);
  if (unit == "W") return scaled(*number, kWatts);
  if (unit == "g") return scaled(*number, kGrams);
  if (unit == "share") return {fmt::format("{:.1f}", *number * 100), "%"};
  if (*number >= 1000)
    return {with_thousands(static_cast<std::uint64_t>(std::llround(*number))), ""};
  return {three_digits(*number), ""};
}

Cell cell_of(const std::vector<SummaryEntry>& entries, std::string_view name) {
  for (const SummaryEntry& entry : entries) {
    if (entry.name == name) return cell_of(entry);
  }
  return {"-", ""};
}

struct Row {
  const char* label;
  const char* name;
};
constexpr Row kRequests[] = {{"arrived", "requests_arrived"},     {"finished", "requests_finished"},
                             {"rejected", "requests_rejected"},   {"failed", "requests_failed"},
                             {"in flight", "requests_in_flight"}, {"within SLO", "slo_share"}};
constexpr Row kLatencyRows[] = {{"queue", "queue_ms_"},
                                {"first token (TTFT)", "ttft_ms_"},
                                {"per token (TPOT)", "tpot_ms_"},
                                {"between tokens (ITL)", "itl_ms_"},
                                {"end to end", "e2e_ms_"}};
constexpr Row kStatistics[] = {{"mean", "mean"}, {"p50", "p50"},    {"p90", "p90"},
                               {"p99", "p99"},   {"p99.9", "p999"}, {"max", "max"}};
constexpr Row kThroughput[] = {{"simulated time", "duration_s"},
                               {"requests/s", "requests_per_s"},
                               {"goodput requests/s", "goodput_requests_per_s"},
                               {"output tokens/s", "output_tokens_per_s"},
                               {"prompt tokens", "tokens_prompt"},
                               {"output tokens", "tokens_output"},
                               {"steps", "steps"},
                               {"sequences a step", "batch_sequences_mean"},
                               {"busy", "busy_share"}};
constexpr Row kCache[] = {{"block lookups", "block_lookups"},
                          {"block hits", "hit_ratio"},
                          {"prompt tokens cached", "prefix_hit_ratio"},
                          {"evictions", "evictions"}};
constexpr Row kMemory[] = {
    {"KV blocks a replica", "kv_blocks"},         {"blocks in use, mean", "kv_used_share_mean"},
    {"blocks in use, most", "kv_used_share_max"}, {"preemptions", "preemptions"},
    {"requests preempted", "preempted_requests"}, {"tokens recomputed", "tokens_recomputed"},
    {"tokens found again", "tokens_resumed"}};
constexpr Row kEnergy[] = {{"energy", "energy_j"},
                           {"per output token", "energy_j_per_output_token"},
                           {"mean power", "power_w_mean"},
                           {"wasted recomputing", "energy_j_wasted"}};

constexpr Row kBeyond[] = {{"IT energy", "energy_it_j"},
                           {"of the facility", "energy_facility_j"},
                           {"carbon of use", "carbon_use_g"},
                           {"- as bought", "carbon_use_market_g"},
                           {"- marginal", "carbon_use_marginal_g"},
                           {"carbon of making", "carbon_embodied_g"},
                           {"water, litres", "water_l"}};
constexpr Row kMeter[] = {{"readings x period", "meter_energy_j"},
                          {"against the boards", "meter_error_share"}};

constexpr Row kTiers[] = {{"blocks fetched", "tier_hits"},
                          {"of block lookups", "tier_hit_ratio"},
                          {"bytes fetched", "bytes_fetched"},
                          {"bytes demoted", "bytes_demoted"}};

// The columns of a group: the run, then each pool when there are several.
struct Columns {
  std::vector<const std::vector<SummaryEntry>*> entries;
  std::vector<std::string> heads;
};

Columns columns_of(const Summary& summary) {
  Columns columns{{&summary.entries}, {""}};
  if (summary.pools.size() < 2) return columns;
  columns.heads[0] = "total";
  for (const Summary::Pool& pool : summary.pools) {
    columns.entries.push_back(&pool.entries);
    columns.heads.push_back(pool.name);
  }
  return columns;
}

std::vector<Line> lines_of(const Columns& columns, std::span<const Row> rows) {
  std::vector<Line> lines;
  for (const Row& row : rows) {
    Line line{row.label, {}};
    for (const auto* entries : columns.entries) line.cells.push_back(cell_of(*entries, row.name));
    lines.push_back(std::move(line));
  }
  return lines;
}

// Those that are known: an empty group is not shown.
std::vector<Line> known_lines(const Columns& columns, std::span<const Row> rows) {
  std::vector<Line> lines = lines_of(columns, rows);
  std::erase_if(lines, [](const Line& line) {
    return std::all_of(line.cells.begin(), line.cells.end(),
                       [](const Cell& cell) { return cell.number == "-"; });
  });
  return lines;
}

std::vector<Line> tenant_lines(const Columns& columns) {
  std::vector<Line> lines;
  for (const SummaryEntry& entry : *columns.entries.front()) {
    if (!entry.name.starts_with("prefix_hit_ratio_by_tenant.")) continue;
    Line line{"- of tenant" + entry.name.substr(entry.name.find('.')), {}};
    line.label[11] = ' ';
    for (const auto* entries : columns.entries) line.cells.push_back(cell_of(*entries, entry.name));
    lines.push_back(std::move(line));
  }
  return lines;
}

// "servers_use_g" and "g_per_request" of grams: the unit stands beside the number.
std::string member_label(const SummaryEntry& entry, std::size_t prefix) {
  std::string label = entry.name.substr(prefix);
  if (entry.unit == "g" && label.ends_with("_g")) label.resize(label.size() - 2);
  if (entry.unit == "g" && label.starts_with("g_")) label.erase(0, 2);
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

// A line for each member of an object; of components, those that took energy.
std::vector<Line> member_lines(const Columns& columns, const std::string& object, bool zeros) {
  std::vector<Line> lines;
  for (const SummaryEntry& entry : *columns.entries.front()) {
    const auto* number = std::get_if<double>(&entry.value);
    if (!entry.name.starts_with(object) || entry.name.size() == object.size()) continue;
    if (!zeros && (number == nullptr || *number == 0)) continue;
    Line line{member_label(entry, object.size()), {}};
    for (const auto* entries : columns.entries) line.cells.push_back(cell_of(*entries, entry.name));
    lines.push_back(std::move(line));
  }
  return lines;
}

bool has_tiers(const Summary& summary) {
  return std::holds_alternative<std::uint64_t>(summary.value("tier_hits"));
}

// Columns of the latency table are statistics, so pools are rows here.
std::vector<Line> latency_lines(const Columns& columns) {
  std::vector<Line> lines;
  for (const Row& row : kLatencyRows) {
    for (std::size_t i = 0; i < columns.entries.size(); ++i) {
      Line line{i == 0 ? row.label : "- " + columns.heads[i], {}};
      for (const Row& statistic : kStatistics) {
        line.cells.push_back(cell_of(*columns.entries[i], std::string(row.name) + statistic.name));
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

constexpr std::size_t kLabelWidth = 20;
using Block = std::vector<std::string>;  // lines of text

Block group(const char* title, const std::vector<std::string>& heads,
            const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  std::size_t label = kLabelWidth;
  std::vector<std::size_t> numbers(heads.size());
  for (std::size_t i = 0; i < heads.size(); ++i) {
    numbers[i] = std::max<std::size_t>(6, heads[i].size());
  }
  std::vector<std::size_t> units(heads.size(), 2);
  for (const Line& line : lines) {
    label = std::max(label, line.label.size());
    for (std::size_t i = 0; i < heads.size(); ++i) {
      numbers[i] = std::max(numbers[i], line.cells[i].number.size());
      units[i] = std::max(units[i], line.cells[i].unit.size());
    }
  }
  Block block = {fmt::format("{:<{}}", title, label + 2)};
  for (std::size_t i = 0; i < heads.size(); ++i) {
    block[0] += fmt::format("  {:>{}} {:<{}}", heads[i], numbers[i], "", units[i]);
  }
  for (const Line& line : lines) {
    block.push_back(fmt::format("  {:<{}}", line.label, label));
    for (std::size_t i = 0; i < heads.size(); ++i) {
      block.back() += fmt::format("  {:>{}} {:<{}}", line.cells[i].number, numbers[i],
                                  line.cells[i].unit, units[i]);
    }
  }
  return block;
}

constexpr std::size_t kLeftWidth = 42;  // of the left of two blocks

Block beside(const Block& left, const Block& right) {
  Block both;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    both.push_back(fmt::format("{:<{}}{}", i < left.size() ? left[i] : "", kLeftWidth,
                               i < right.size() ? right[i] : ""));
  }
  return both;
}

void print(std::string& out, const Block& block) {
  if (!block.empty()) out += "\n";
  for (std::string line : block) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
}

// How the run ended, for people; `stopped` in the summary is a word for programs.
std::string ending(const std::string& stopped) {
  if (stopped == "drained") return "ran until every request had ended";
  return stopped == "stop" ? "stopped when its time was up" : "stopped by a signal";
}

std::string cell_text(const SummaryValue& value) {
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *count);
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : "-";
}

// Never without the model that it was measured on.
void print_quality(const Summary& summary, std::string& out) {
  for (const Summary::Pool& pool : summary.pools) {
    const auto* model = std::get_if<std::string>(&value(pool.entries, "quality_model"));
    if (model == nullptr) continue;
    const std::string who = summary.pools.size() < 2 ? "quality" : "quality of " + pool.name;
    const Cell worst = cell_of(pool.entries, "worst_group_nll_increase_share");
    out +=
        fmt::format("{} as measured on {}: perplexity {}, worst group's loss +{} {}\n", who, *model,
                    cell_of(pool.entries, "perplexity").number, worst.number, worst.unit);
  }
}

}  // namespace

std::string summary_table(const Summary& summary) {
  const Columns columns = columns_of(summary);
  std::vector<std::string> statistics;
  for (const Row& statistic : kStatistics) statistics.emplace_back(statistic.label);

  std::string out =
      fmt::format("{}: {}, seed {}, fingerprint {}\n", cell_text(summary.value("scenario")),
                  ending(cell_text(summary.value("stopped"))), cell_text(summary.value("seed")),
                  cell_text(summary.value("fingerprint")));
  print(out, group("latency", statistics, latency_lines(columns)));
  const auto rows = [&](const char* title, std::span<const Row> names) {
    return group(title, columns.heads, lines_of(columns, names));
  };
  std::vector<Line> cache = lines_of(columns, kCache);
  for (Line& line : tenant_lines(columns)) cache.push_back(std::move(line));
  const Block blocks[] = {
      rows("requests", kRequests),
      rows("throughput", kThroughput),
      group("prefix cache", columns.heads, cache),
      rows("memory pressure", kMemory),
      rows("energy of GPU boards", kEnergy),
      group("by component", columns.heads, member_lines(columns, "energy_j_by.", false)),
      has_tiers(summary) ? rows("memory tiers", kTiers) : Block{},
      group("blocks fetched from", columns.heads, member_lines(columns, "tier_hits_by.", true)),
      group("beyond the boards", columns.heads, known_lines(columns, kBeyond)),
      group("emulated meter", columns.heads, known_lines(columns, kMeter)),
      group("a year of the service", columns.heads, member_lines(columns, "service.", false)),
      Block{}};
  // One pool: two blocks side by side. Several: the columns are theirs.
  for (std::size_t i = 0; i < std::size(blocks); i += 2) {
    if (summary.pools.size() < 2) {
      print(out, beside(blocks[i], blocks[i + 1]));
    } else {
      print(out, blocks[i]);
      print(out, blocks[i + 1]);
    }
  }
  print_quality(summary, out);
  return out;
}

}  // namespace kvern
