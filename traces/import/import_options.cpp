#include <fmt/format.h>

#include "sim/base/config/toml_text.h"
#include "traces/import/importers.h"

namespace kvern {

ImportOptions read_import_options(Parameters& p) {
  ImportOptions o;
  o.session_gap = p.get("session_gap", o.session_gap,
                        "weka: time from one session's start to the next one's", kNonNegative);
  o.chain = p.get("chain", o.chain, "mooncake: ids name contents, make prefixes of them");
  o.delta =
      p.find<bool>("delta",
                   "mooncake: input_length counts what a turn adds; absent: told from whether "
                   "any turn could hold the one before it");
  o.block_size = p.get("block_size", o.block_size, "tokens a block; 0 = the format's own");
  o.loop = p.choice("loop", o.loop, {"auto", "open", "closed"},
                    "default of replays; auto = closed where requests wait for others");
  o.time_column = p.get("time", o.time_column,
                        "csv: column of arrival times; empty: arrival_ns in ns, else timestamp");
  o.time_unit = p.choice("time_unit", o.time_unit, {"s", "ms", "us", "ns", "date"},
                         "csv: unit of that column");
  o.prompt_column = p.get("prompt", o.prompt_column, "csv: column of prompt tokens");
  o.output_column = p.get("output", o.output_column, "csv: column of output tokens");
  o.session_column = p.get("session", o.session_column, "csv: column of sessions");
  o.tenant_column = p.get("tenant", o.tenant_column, "csv: column of tenants");
  o.language_column = p.get("language", o.language_column, "csv: column of languages (BCP 47)");
  o.category_column = p.get("category", o.category_column, "csv: column of categories");
  o.object_column = p.get("object", o.object_column, "libcachesim_csv: column of objects");
  o.name = p.get("name", o.name, "of the trace; empty = the file's");
  o.tokenizer = p.get("tokenizer", o.tokenizer, "that counted the tokens");
  o.source = p.get("source", o.source, "where the data is from; empty = the file's name");
  o.source_commit = p.get("source_commit", o.source_commit, "revision of the source");
  o.licence = p.get("licence", o.licence, "of the data");
  return o;
}

std::string ImportOptions::toml() const {
  const ImportOptions usual;
  std::string text;
  const auto add = [&](bool differs, const char* key, const std::string& value) {
    if (differs) text += fmt::format("{} = {}\n", key, value);
  };
  const auto add_text = [&](const char* key, const std::string& value, const std::string& other) {
    add(value != other, key, toml_text(value));
  };
  add(session_gap.ns != usual.session_gap.ns, "session_gap",
      toml_text(fmt::format("{} ns", session_gap.ns)));
  add(chain, "chain", "true");
  add(delta.has_value(), "delta", delta.value_or(false) ? "true" : "false");
  add(block_size != usual.block_size, "block_size", std::to_string(block_size));
  add_text("loop", loop, usual.loop);
  add_text("time", time_column, usual.time_column);
  add_text("time_unit", time_unit, usual.time_unit);
  add_text("prompt", prompt_column, usual.prompt_column);
  add_text("output", output_column, usual.output_column);
  add_text("session", session_column, usual.session_column);
  add_text("tenant", tenant_column, usual.tenant_column);
  add_text("language", language_column, usual.language_column);
  add_text("category", category_column, usual.category_column);
  add_text("object", object_column, usual.object_column);
  return text;
}

}  // namespace kvern
