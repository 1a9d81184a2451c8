// [[measured]] of kind "steps": the batch of each row priced alone, or the run's own steps row by
// row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "scenarios/program/build/pool_assembly.h"
#include "scenarios/program/validation/case_metrics.h"
#include "scenarios/program/validation/measured_column.h"
#include "scenarios/program/validation/measured_run.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

// The columns that say what a step computed, as iteration logs and step.csv name them.
class BatchColumns {
 public:
  explicit BatchColumns(const DataTable& table)
      : table_(table),
        decodes_(first_column(table, {"decode_batch", "decode_requests"})),
        kv_(first_column(table, {"decode_kv_sum", "decode_kv_tokens"})),
        longest_(table.column("decode_kv_max")),
        tokens_(table.column("prefill_tokens")),
        prompts_(table.column("prefill_seqs")),
        context_(first_column(table, {"prefill_context", "prefill_kv_context"})),
        pairs_(first_column(table, {"prefill_pairs", "prefill_attn_pairs"})) {}

  // `chunks` holds the batch's prefill. False: the row says too little.
  bool batch(std::size_t row, Batch& batch, std::vector<PrefillChunk>& chunks) const {
    chunks.clear();
    batch = {};
    batch.decodes = static_cast<std::uint32_t>(number(row, decodes_));
    batch.kv_tokens = static_cast<std::uint64_t>(number(row, kv_));
    const double even = batch.decodes > 0 ? number(row, kv_) / batch.decodes : 0;
    batch.longest = static_cast<std::uint32_t>(std::max(number(row, longest_), std::ceil(even)));
    const double tokens = number(row, tokens_);
    if (tokens > 0) add_chunks(row, tokens, chunks);
    batch.prefill = chunks;
    return batch.decodes > 0 || !chunks.empty();
  }

 private:
  double number(std::size_t row, const std::optional<std::size_t>& column) const {
    return column ? table_.number(row, *column).value_or(0) : 0;
  }

  // Lengths are not recorded, but their sum and the attended pairs are: one prompt apart from the
  // others, which are alike, has both.
  void add_chunks(std::size_t row, double tokens, std::vector<PrefillChunk>& chunks) const {
    const double count = std::max(1.0, number(row, prompts_));
    const double context = number(row, context_);
    double longest = tokens / count;
    if (count > 1 && context == 0 && number(row, pairs_) > 0) {
      // a + (k-1) b = T and a^2 + (k-1) b^2 = 2 P - T.
      const double squares = 2 * number(row, pairs_) - tokens;
      const double spread = (squares * count - tokens * tokens) / (count - 1);
      longest = (tokens + (count - 1) * std::sqrt(std::max(0.0, spread))) / count;
    }
    const auto whole = static_cast<std::uint32_t>(std::llround(longest));
    auto left = static_cast<std::uint32_t>(tokens);
    for (auto i = static_cast<std::uint32_t>(count); i > 0 && left > 0; --i) {
      const std::uint32_t even = (left + i - 1) / i;
      const std::uint32_t n = std::clamp(i == count ? whole : even, 1U, left);
      chunks.push_back({n, static_cast<std::uint32_t>(context / count), true});
      left -= n;
    }
  }

  const DataTable& table_;
  std::optional<std::size_t> decodes_, kv_, longest_, tokens_, prompts_, context_, pairs_;
};

struct Priced {
  double seconds = 0;
  std::optional<double> joules;
};

Priced price_of(const Batch& batch, bool with_host, PoolSetup& pool) {
  Work work;
  pool.step_cost->work(batch, work);
  if (!with_host) work.host_ticks = {};
  Price price;
  pool.power->price(work, price);
  Priced out;
  out.seconds = static_cast<double>(price.ticks.first) / kTicksPerNs * 1e-9;
  if (!pool.power->known() || !work.has_work) return out;
  double joules = 0;
  for (const Line& part : price.picojoules) joules += static_cast<double>(part.first) * 1e-12;
  out.joules = joules;
  return out;
}

std::vector<MeasuredPair> priced_pairs(const DataTable& table, const MeasuredColumn& column,
                                       const std::string& stem, const Scenario& scenario) {
  Issues issues;
  auto pool = assemble_pool(scenario.pools.front(), scenario.attribution, issues);
  if (!pool) throw OutsideError(issues.text());
  const BatchColumns columns(table);
  std::vector<MeasuredPair> pairs;
  std::vector<PrefillChunk> chunks;
  Batch batch;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto measured = column.value(row);
    if (!column.selected(row) || !measured || !columns.batch(row, batch, chunks)) continue;
    const Priced priced = price_of(batch, stem == "step", pool->setup);
    std::optional<double> value = priced.seconds;
    if (stem == "energy") value = priced.joules;
    if (stem == "power" && priced.joules) value = *priced.joules / priced.seconds;
    if (stem == "power" && !priced.joules) value = std::nullopt;
    if (value) pairs.push_back({{*value, *measured}, column.group(row), row});
  }
  return pairs;
}

template <class T>
std::vector<double> doubles(TableReader& file, const std::string& name) {
  const std::vector<T> raw = file.read_all<T>(name);
  return {raw.begin(), raw.end()};
}

std::vector<double> own_steps(const std::string& records, const std::string& stem) {
  TableReader file(records);
  const auto seconds = [&](const char* name) {
    std::vector<double> out = doubles<std::int64_t>(file, name);
    for (double& value : out) value *= 1e-9;
    return out;
  };
  if (stem == "kind") return doubles<std::uint8_t>(file, "/steps/kind");
  if (stem == "kv_tokens_read") return doubles<std::uint64_t>(file, "/steps/kv_tokens_read");
  if (stem == "start") return seconds("/steps/start_ns");
  if (stem == "end") return seconds("/steps/end_ns");
  if (stem == "duration") {
    std::vector<double> out = seconds("/steps/end_ns");
    const std::vector<double> starts = seconds("/steps/start_ns");
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= starts[i];
    return out;
  }
  return doubles<std::uint32_t>(file, "/steps/" + stem);
}

}  // namespace

std::vector<MeasuredPair> step_pairs(const MeasuredSpec& spec, const FinishedRun& run) {
  const DataTable table(spec.file);
  Issues none;
  const auto column = MeasuredColumn::make(spec, table, none);
  if (!column) return {};
  const std::string stem = find_metric(spec.kind, spec.metric)->metric->stem;
  if (priced_from_batch(stem)) return priced_pairs(table, *column, stem, run.scenario);
  const std::vector<double> ours = own_steps(run.records, stem);
  std::vector<MeasuredPair> pairs;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto measured = column->value(row);
    if (!column->selected(row) || !measured) continue;
    // A step that the run never made differs from any.
    const double missing = std::numeric_limits<double>::quiet_NaN();
    if (row >= ours.size() && spec.statistic != "exact") break;
    pairs.push_back(
        {{row < ours.size() ? ours[row] : missing, *measured}, column->group(row), row});
  }
  return pairs;
}

}  // namespace kvern
