#include "traces/replay/trace_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/base/digest.h"
#include "sim/base/io/output_file.h"
#include "sim/base/outside_error.h"
#include "traces/replay/trace_check.h"

namespace kvern {

namespace {

constexpr const char* kKind = "trace";
constexpr std::uint32_t kRowChunk = 16'384;
constexpr std::uint32_t kIdChunk = 65'536;
constexpr const char* kRules[] = {"none", "ceil", "floor"};

class Writer {
 public:
  explicit Writer(const std::string& path) : file_(path) {}

  template <class T>
  void column(const char* group, const char* name, const char* unit, const char* description,
              const std::vector<T>& values, std::uint32_t chunk = kRowChunk) {
    if (values.empty()) return;
    Table& table = add(group, {name, column_type<T>(), unit, description}, chunk);
    table.append(std::span<const T>(values));
    sum_.add(values.data(), values.size() * sizeof(T));
  }

  void dictionary(const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    Table& table = add("/dictionary", {name, ColumnType::Text, "1", "names; row 0 = unknown"}, 256);
    for (const std::string& text : texts) {
      table.append_text(text);
      sum_.add(text.c_str(), text.size() + 1);
    }
  }

  void ids(const char* group, const char* description, const PackedIds& blocks) {
    if (blocks.rows() == 0) return;
    std::vector<std::uint64_t> offsets = {0};
    std::vector<std::uint32_t> ids;
    for (std::size_t row = 0; row < blocks.rows(); ++row) {
      blocks.read(row, ids);
      offsets.push_back(offsets.back() + ids.size());
    }
    column(group, "offset", "ids", "row i has ids offset[i] .. offset[i+1]-1", offsets);
    Table& table = add(group, {"id", ColumnType::U32, "1", description}, kIdChunk);
    for (std::size_t row = 0; row < blocks.rows(); ++row) {
      blocks.read(row, ids);
      table.append(std::span<const std::uint32_t>(ids));
      sum_.add(ids.data(), ids.size() * sizeof ids[0]);
    }
  }

  TableWriter& file() { return file_; }
  std::string content_sha256() const { return sum_.hex(); }

 private:
  Table& add(const char* group, ColumnSpec column, std::uint32_t chunk) {
    return file_.add_table({group, {std::move(column)}, chunk, true, false});
  }
  TableWriter file_;
  Sha256 sum_;
};

void write_columns(Writer& out, const Trace& t) {
  const char* requests = "/requests";
  out.column(requests, "arrival_ns", "ns", "from the first request", t.arrival_ns);
  out.column(requests, "prompt_tokens", "tokens", "at least 1", t.prompt_tokens);
  out.column(requests, "output_tokens", "tokens", "0 = none produced", t.output_tokens);
  out.column(requests, "session", "1", "dense; -1 none", t.session);
  out.column(requests, "turn", "1", "from 0 within the session", t.turn);
  out.column(requests, "tenant", "1", "row of /dictionary/tenant", t.tenant);
  out.column(requests, "language", "1", "row of /dictionary/language", t.language);
  out.column(requests, "category", "1", "row of /dictionary/category", t.category);
  out.column(requests, "parent", "1", "row whose context goes on; -1 none", t.parent);
  out.column(requests, "delay_ns", "ns", "after the last of its waits has finished", t.delay_ns);
  out.column(requests, "source_row", "1", "line in the source, from 1", t.source_row);
  out.column("/waits", "offset", "rows", "row i waits for on[offset[i] .. offset[i+1]-1]",
             t.waits_offset);
  out.column("/waits", "on", "1", "row that must finish first", t.waits_on, kIdChunk);
  out.ids("/blocks", "prefix block ids of the prompts", t.blocks);
  out.ids("/answers", "block ids from block prompt / size on, as the answer fills them", t.answers);
  out.dictionary("tenant", t.tenants);
  out.dictionary("language", t.languages);
  out.dictionary("category", t.categories);
}

void write_attributes(TableWriter& file, const TraceHeader& h, const Provenance& p) {
  const auto text = [&](const char* object, const char* name, const std::string& value) {
    file.set_attribute(object, name, value);
  };
  text("/", "format", "kvern.trace");
  file.set_attribute("/", "version", std::int64_t{1});
  text("/", "name", h.name);
  text("/", "loop", h.closed ? "closed" : "open");
  file.set_attribute("/", "block_size", std::int64_t{h.block_size});
  text("/", "block_rule", kRules[static_cast<std::size_t>(h.block_rule)]);
  file.set_attribute("/", "distinct_blocks", std::int64_t{h.distinct_blocks});
  text("/", "tokenizer", h.tokenizer);
  text("/", "epoch_utc", h.epoch_utc);
  text("/", "clock", h.clock);
  if (h.chained) file.set_attribute("/", "chained", std::int64_t{1});
  text("/provenance", "source", p.source);
  text("/provenance", "source_commit", p.source_commit);
  text("/provenance", "source_sha256", p.source_sha256);
  text("/provenance", "licence", p.licence);
  text("/provenance", "importer", p.importer);
  text("/provenance", "importer_options", p.importer_options);
  if (p.seed) file.set_attribute("/provenance", "seed", *p.seed);
  text("/provenance", "content_sha256", p.content_sha256);
}

}  // namespace

void write_trace(const std::string& path, Trace& trace) {
  OutputFile output(path, kKind);
  Writer out(output.partial());
  write_columns(out, trace);
  trace.provenance.content_sha256 = out.content_sha256();
  write_attributes(out.file(), trace.header, trace.provenance);
  out.file().close_sealed(kKind);
  output.commit();
}

TraceFile::TraceFile(const std::string& path)
    : reader_(path, kKind, "kvern trace import makes a new one") {
  const auto text = [&](const char* object, const char* name) {
    return reader_.text_attribute(object, name);
  };
  const auto count = [&](const char* name) {
    const std::int64_t value = reader_.integer_attribute("/", name);
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
      throw OutsideError(fmt::format("{}: {} = {} is no usable count", path, name, value));
    }
    return static_cast<std::uint32_t>(value);
  };
  if (!reader_.has_attribute("/", "format") || text("/", "format") != "kvern.trace") {
    throw OutsideError(path + ": not a Kvern trace");
  }
  if (reader_.integer_attribute("/", "version") != 1) {
    throw OutsideError(path + ": a trace of a later version");
  }
  TraceHeader& h = frame_.header;
  h.name = text("/", "name");
  h.closed = text("/", "loop") == "closed";
  h.block_size = count("block_size");
  const std::string rule = text("/", "block_rule");
  const auto known = std::find(std::begin(kRules), std::end(kRules), rule);
  if (known == std::end(kRules)) throw OutsideError(path + ": unknown block_rule " + rule);
  h.block_rule = static_cast<BlockRule>(known - std::begin(kRules));
  h.distinct_blocks = count("distinct_blocks");
  if ((h.block_size == 0) != (h.block_rule == BlockRule::None)) {
    throw OutsideError(path + ": block_size and block_rule contradict each other");
  }
  h.tokenizer = text("/", "tokenizer");
  h.epoch_utc = text("/", "epoch_utc");
  h.clock = text("/", "clock");
  h.chained = reader_.has_attribute("/", "chained");
  Provenance& p = frame_.provenance;
  p.source = text("/provenance", "source");
  p.source_commit = text("/provenance", "source_commit");
  p.source_sha256 = text("/provenance", "source_sha256");
  p.licence = text("/provenance", "licence");
  p.importer = text("/provenance", "importer");
  p.importer_options = text("/provenance", "importer_options");
  p.content_sha256 = text("/provenance", "content_sha256");
  if (reader_.has_attribute("/provenance", "seed")) {
    p.seed = reader_.integer_attribute("/provenance", "seed");
  }
  const auto names = [&](const char* column, std::vector<std::string>& into) {
    if (reader_.has(column)) into = reader_.read_text(column);
  };
  names("/dictionary/tenant", frame_.tenants);
  names("/dictionary/language", frame_.languages);
  names("/dictionary/category", frame_.categories);
  rows_ = reader_.rows("/requests/arrival_ns");
  if (rows_ == 0) throw OutsideError(path + ": a trace without requests");
}

std::uint64_t TraceFile::without_output(std::uint64_t rows) {
  constexpr std::uint64_t window = 1 << 20;
  rows = std::min(rows, rows_);
  std::uint64_t count = 0;
  std::vector<std::uint32_t> outputs;
  for (std::uint64_t row = 0; row < rows; row += window) {
    load_column("/requests/output_tokens", row, std::min(window, rows - row), outputs);
    count += static_cast<std::uint64_t>(std::count(outputs.begin(), outputs.end(), 0U));
  }
  return count;
}

template <class T>
void TraceFile::load_column(const char* name, std::uint64_t first, std::uint64_t count,
                            std::vector<T>& into) {
  into.clear();
  if (!reader_.has(name)) return;
  into.resize(count);
  reader_.read<T>(name, first, into);
}

void TraceFile::load(std::uint64_t first, std::uint64_t count, Trace& w) {
  if (w.tenants.empty() && w.categories.empty() && w.languages.empty()) {
    w.tenants = frame_.tenants;
    w.languages = frame_.languages;
    w.categories = frame_.categories;
  }
  w.header = frame_.header;
  w.provenance = frame_.provenance;
  load_column("/requests/arrival_ns", first, count, w.arrival_ns);
  load_column("/requests/prompt_tokens", first, count, w.prompt_tokens);
  load_column("/requests/output_tokens", first, count, w.output_tokens);
  load_column("/requests/session", first, count, w.session);
  load_column("/requests/turn", first, count, w.turn);
  load_column("/requests/tenant", first, count, w.tenant);
  load_column("/requests/language", first, count, w.language);
  load_column("/requests/category", first, count, w.category);
  load_column("/requests/parent", first, count, w.parent);
  load_column("/requests/delay_ns", first, count, w.delay_ns);
  load_column("/requests/source_row", first, count, w.source_row);
  load_column("/waits/offset", first, count + 1, w.waits_offset);
  w.waits_on.clear();
  if (!w.waits_offset.empty()) {
    check_offsets(w.waits_offset, reader_.path(), "/waits/offset");
    const std::uint64_t start = w.waits_offset.front();
    load_column("/waits/on", start, w.waits_offset.back() - start, w.waits_on);
    for (std::uint64_t& offset : w.waits_offset) offset -= start;
  }
  load_ids("/blocks", first, count, w.blocks);
  load_ids("/answers", first, count, w.answers);
  check_rows(w, first, reader_.path());
}

void TraceFile::load_ids(const std::string& group, std::uint64_t first, std::uint64_t count,
                         PackedIds& into) {
  into.clear();
  std::vector<std::uint64_t> offsets;
  load_column((group + "/offset").c_str(), first, count + 1, offsets);
  check_offsets(offsets, reader_.path(), group + "/offset");
  std::vector<std::uint32_t> ids;
  // A piece of some rows at a time: the ids of a window may be many.
  constexpr std::uint64_t piece = 4096;
  for (std::uint64_t row = 0; row < count && !offsets.empty(); row += piece) {
    const std::uint64_t end = std::min(row + piece, count);
    load_column((group + "/id").c_str(), offsets[row], offsets[end] - offsets[row], ids);
    check_ids(ids, frame_.header.distinct_blocks, reader_.path());
    for (std::uint64_t i = row; i < end; ++i) {
      const auto at = static_cast<std::size_t>(offsets[i] - offsets[row]);
      into.add_row({ids.data() + at, static_cast<std::size_t>(offsets[i + 1] - offsets[i])});
    }
  }
}

}  // namespace kvern
