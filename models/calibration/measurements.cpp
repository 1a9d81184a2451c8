#include "models/calibration/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "sim/base/digest.h"
#include "sim/base/io/byte_source.h"
#include "sim/base/io/csv.h"
#include "sim/base/io/json_lines.h"
#include "sim/base/outside_error.h"

namespace kvern::calibration {
namespace {

// The cells of the record last read, by column name.
class Cells {
 public:
  Cells(CsvReader& csv, const std::string& path, Issues& issues)
      : csv_(&csv), path_(path), issues_(&issues) {}

  std::string text(const char* name) {
    const auto column = csv_->column(name);
    return column ? std::string(csv_->field(*column)) : std::string();
  }
  std::optional<double> maybe(const char* name) {
    const std::string cell = text(name);
    if (cell.empty()) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(cell.c_str(), &end);
    if (end != cell.c_str() + cell.size()) {
      issue(fmt::format("\"{}\" in column {} is no number", cell, name));
      return std::nullopt;
    }
    return value;
  }
  double number(const char* name) {
    const auto value = maybe(name);
    if (!value) issue(fmt::format("column {} is empty", name));
    return value.value_or(0);
  }
  void issue(const std::string& what) {
    if (issues_->all().size() < kMostIssues) {
      issues_->error({path_, static_cast<int>(csv_->line()), 0}, what);
    }
  }

 private:
  static constexpr std::size_t kMostIssues = 20;
  CsvReader* csv_;
  std::string path_;
  Issues* issues_;
};

EnergyCells energy_of(Cells& c) {
  constexpr int kPowerCap = 4;  // NVML's bit
  EnergyCells e;
  e.loop_us = c.maybe("loop_time_us");
  e.power_w = c.maybe("power_w");
  e.sm_mhz = c.maybe("sm_mhz");
  if (const auto bits = c.maybe("clock_event_bits")) {
    e.capped = (static_cast<int>(*bits) & kPowerCap) != 0;
  }
  return e;
}

void read_heads(Cells& c, AttentionRow& row) {
  row.impl = c.text("impl");
  row.dtype = c.text("dtype");
  row.head_dim = c.number("head_dim");
  row.load.heads = c.number("heads");
  row.load.kv_heads = c.number("kv_heads");
  row.us = c.number("time_us");
  row.energy = energy_of(c);
}

// The mean of a long loop is at most slower (hot, throttled): where it is shorter, the timed calls
// were cold.
double shorter(double us, const EnergyCells& energy) {
  return energy.loop_us ? std::min(us, *energy.loop_us) : us;
}

GemmRow gemm_row(Cells& c) {
  const EnergyCells energy = energy_of(c);
  return {c.text("dtype"),
          c.number("m"),
          c.number("n"),
          c.number("k"),
          c.maybe("weight_copies"),
          shorter(c.number("time_us"), energy),
          energy};
}

AttentionRow prefill_row(Cells& c) {
  AttentionRow row;
  read_heads(c, row);
  row.load.chunks = c.number("batch");
  row.load.query = row.load.chunks * c.number("q_len");
  row.load.keys = row.load.chunks * c.number("kv_len");
  row.load.pairs = c.number("causal_pairs");
  return row;
}

AttentionRow decode_row(Cells& c) {
  AttentionRow row;
  read_heads(c, row);
  row.load.decodes = c.number("batch");
  row.load.kv_tokens = c.number("kv_sum");
  row.load.longest = c.number("kv_max");
  return row;
}

AttentionRow mixed_row(Cells& c) {
  AttentionRow row;
  read_heads(c, row);
  row.load.decodes = c.number("decode_batch");
  row.load.kv_tokens = c.number("decode_kv_sum");
  row.load.longest = c.number("decode_kv_max");
  const double query = c.number("prefill_tokens");
  const double before = c.number("prefill_context");
  if (query > 0) {
    row.load.chunks = 1;
    row.load.query = query;
    row.load.keys = query + before;
    row.load.pairs = query * before + query * (query + 1) / 2;
  }
  return row;
}

ElementwiseRow elementwise_row(Cells& c) {
  return {c.text("op"), c.number("tokens"), c.number("width"), c.maybe("bytes"),
          c.number("time_us")};
}

CollectiveRow collective_row(Cells& c) {
  return {c.text("op"),     c.text("impl"),    c.text("launch"),
          c.number("gpus"), c.number("bytes"), c.number("time_us")};
}

TransferRow transfer_row(Cells& c) {
  return {c.text("op"),
          c.maybe("blocks"),
          c.number("bytes"),
          c.number("time_us"),
          c.maybe("pipelined_time_us"),
          c.maybe("power_w")};
}

StepRow step_row(Cells& c) {
  StepRow row;
  row.model = c.text("model");
  row.kind = c.text("kind");
  row.load.decodes = c.number("decode_batch");
  row.load.kv_tokens = c.number("decode_kv_sum");
  row.load.longest = c.number("decode_kv_max");
  row.load.query = c.number("prefill_tokens");
  row.load.chunks = c.number("prefill_seqs");
  row.load.keys = row.load.query + c.maybe("prefill_context").value_or(0);
  row.load.pairs = c.number("prefill_pairs");
  row.graph_bucket = c.number("graph_bucket");
  row.us = c.number("time_us");
  row.host_us = c.maybe("host_us");
  row.energy = energy_of(c);
  return row;
}

// A profile by layer has the model's label and the experts reached in place of a shape.
MoeRow moe_row(Cells& c) {
  MoeRow row;
  row.impl = c.text("impl");
  row.distribution = c.text("distribution");
  row.label = c.text("label");
  row.dtype = row.label.empty() ? c.text("dtype") : "bf16";
  row.activated = c.maybe("activated_experts");
  row.tokens = c.number("tokens");
  row.us = c.number("time_us");
  if (!row.label.empty()) return row;
  row.hidden = c.number("hidden");
  row.inter = c.number("inter");
  row.experts = c.number("experts");
  row.topk = c.number("topk");
  row.tp = c.number("tp");
  row.ep = c.number("ep");
  return row;
}

// One kind of file: its name, the columns that must be there, where a record goes.
struct Kind {
  const char* name;
  std::vector<const char*> required;
  std::function<void(Cells&, Source&)> take;
};

std::vector<Kind> kinds() {
  return {
      {"gemm",
       {"dtype", "m", "n", "k", "time_us"},
       [](Cells& c, Source& s) { s.gemm.push_back(gemm_row(c)); }},
      {"attention_prefill",
       {"dtype", "heads", "kv_heads", "head_dim", "batch", "q_len", "kv_len", "causal_pairs",
        "time_us"},
       [](Cells& c, Source& s) { s.prefill.push_back(prefill_row(c)); }},
      {"attention_decode",
       {"dtype", "heads", "kv_heads", "head_dim", "batch", "kv_sum", "kv_max", "time_us"},
       [](Cells& c, Source& s) { s.decode.push_back(decode_row(c)); }},
      {"attention_mixed",
       {"dtype", "heads", "kv_heads", "head_dim", "prefill_tokens", "prefill_context",
        "decode_batch", "decode_kv_sum", "decode_kv_max", "time_us"},
       [](Cells& c, Source& s) { s.mixed.push_back(mixed_row(c)); }},
      {"elementwise",
       {"op", "tokens", "width", "bytes", "time_us"},
       [](Cells& c, Source& s) { s.elementwise.push_back(elementwise_row(c)); }},
      {"collective",
       {"op", "gpus", "bytes", "time_us"},
       [](Cells& c, Source& s) { s.collective.push_back(collective_row(c)); }},
      {"transfer",
       {"op", "bytes", "time_us"},
       [](Cells& c, Source& s) { s.transfer.push_back(transfer_row(c)); }},
      {"step",
       {"model", "kind", "decode_batch", "decode_kv_sum", "decode_kv_max", "prefill_tokens",
        "prefill_seqs", "prefill_context", "prefill_pairs", "graph_bucket", "time_us"},
       [](Cells& c, Source& s) { s.step.push_back(step_row(c)); }},
      {"idle",
       {"state", "power_w"},
       [](Cells& c, Source& s) {
         s.idle.push_back({c.text("state"), c.number("power_w")});
       }},
      {"moe", {"tokens", "time_us"}, [](Cells& c, Source& s) { s.moe.push_back(moe_row(c)); }},
  };
}

void read_file(const std::string& path, const Kind& kind, Source& source, Issues& issues) {
  ByteSource bytes(path);
  CsvReader csv(bytes);
  for (const char* name : kind.required) {
    if (csv.column(name)) continue;
    issues.error({path, 1, 0}, fmt::format("column {} is missing", name));
    return;
  }
  Cells cells(csv, path, issues);
  double rows = 0;
  while (csv.next()) {
    kind.take(cells, source);
    ++rows;
  }
  const std::string file = std::filesystem::path(path).filename().string();
  source.files.push_back({source.name + "/" + file, sha256_of_file(path), rows});
}

void read_device(const std::string& path, Source& source) {
  ByteSource bytes(path);
  LineReader lines(bytes);
  std::string text;
  for (std::string_view line; lines.next(line);) text += std::string(line) + "\n";
  JsonLine json;
  if (!json.parse(text)) throw OutsideError(path + ": " + json.error());
  const auto number = [](const JsonValue& value) {
    return std::strtod(std::string(value.text()).c_str(), nullptr);
  };
  const JsonValue product = json.root().find("gemm8192");
  const JsonValue limit = json.root().find("power_limit_w");
  source.files.push_back({source.name + "/device.json", sha256_of_file(path), 1});
  if (product.absent() || limit.absent()) return;
  source.sustained = SustainedProduct{number(limit), number(product.find("power_w")),
                                      number(product.find("sm_mhz"))};
}

// The last two parts of the folder's path, enough to know it by: "aiconfigurator/h100_sxm".
std::string name_of(const std::string& folder) {
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  const std::string parent = path.parent_path().filename().string();
  const std::string own = path.filename().string();
  return parent.empty() || parent == "calibration" ? own : parent + "/" + own;
}

}  // namespace

Source read_source(const std::string& folder, double summed_forwards, Issues& issues) {
  Source source;
  source.name = name_of(folder);
  for (const Kind& kind : kinds()) {
    for (const char* end : {".csv", ".csv.gz"}) {
      const auto path = std::filesystem::path(folder) / (std::string(kind.name) + end);
      if (!std::filesystem::exists(path)) continue;
      read_file(path.string(), kind, source, issues);
      break;
    }
  }
  const auto device = std::filesystem::path(folder) / "device.json";
  if (std::filesystem::exists(device)) read_device(device.string(), source);
  if (source.files.empty()) {
    issues.error({folder, 0, 0}, "no measurements here",
                 "gemm.csv, attention_decode.csv, ..., each as .csv or .csv.gz");
  }
  for (AttentionRow& row : source.mixed) {
    const bool unequal = row.load.longest * row.load.decodes != row.load.kv_tokens;
    if (unequal) row.us /= summed_forwards;
  }
  return source;
}

std::string describe_measurements() {
  std::string out =
      "A folder holds files with a header, each as .csv or .csv.gz; what is absent was not "
      "measured.\nColumns that must be there (what they mean is in "
      "models/calibration/README.md):\n";
  for (const Kind& kind : kinds()) {
    out += fmt::format("  {:<22} {}\n", std::string(kind.name) + ".csv",
                       fmt::join(kind.required, " "));
  }
  return out +
         "and device.json, for the power of a long product. Times are microseconds of the "
         "device.\n";
}

}  // namespace kvern::calibration
