#include "sim/base/io/json_lines.h"
#include "traces/import/csv_rows.h"
#include "traces/import/importers.h"

namespace kvern {

namespace {

// Whether the line is a JSON object with all these keys.
bool keys_are(std::string_view line, const std::vector<const char*>& keys) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return false;
  JsonLine json;
  if (!json.parse(line)) return false;
  for (const char* key : keys) {
    if (!json.root().find(key)) return false;
  }
  return true;
}

}  // namespace

const std::vector<TraceFormat>& trace_formats() {
  static const std::vector<TraceFormat> formats = {
      {"azure", "Azure LLM inference traces of 2023 and 2024 (CSV)",
       [](std::string_view line) {
         return header_has(line, {"TIMESTAMP", "ContextTokens", "GeneratedTokens"});
       },
       import_azure},
      {"burstgpt", "BurstGPT, any version (CSV)",
       [](std::string_view line) {
         return header_has(line, {"Timestamp", "Request tokens", "Response tokens"});
       },
       import_burstgpt},
      {"vidur", "Vidur replay files (CSV)",
       [](std::string_view line) {
         return header_has(line, {"arrived_at", "num_prefill_tokens", "num_decode_tokens"});
       },
       import_vidur},
      {"bailian", "Bailian (Qwen) usage traces (JSON Lines)",
       [](std::string_view line) {
         return keys_are(line, {"chat_id", "parent_chat_id", "timestamp", "hash_ids"});
       },
       import_bailian},
      {"mooncake", "Mooncake traces, also with sessions or waits (JSON Lines)",
       [](std::string_view line) { return keys_are(line, {"input_length"}); }, import_mooncake},
      {"weka", "WEKA kv-cache-tester agent sessions (JSON Lines)",
       [](std::string_view line) {
         return keys_are(line, {"block_size", "requests"});
       },
       import_weka},
      {"llmservingsim", "LLMServingSim workloads, flat or agentic, and recorded runs (JSON Lines)",
       [](std::string_view line) {
         return keys_are(line, {"input_toks", "arrival_time_ns"}) ||
                keys_are(line, {"sub_requests"}) ||
                keys_are(line, {"arrival_ns", "prompt_tokens"}) ||
                keys_are(line, {"arrival_s", "prompt"});
       },
       import_llmservingsim},
      {"csv", "any CSV file, its columns named by options",
       [](std::string_view line) {
         return header_has(line, {"arrival_ns", "prompt_tokens", "output_tokens"}) ||
                header_has(line, {"timestamp", "prompt_tokens", "output_tokens"});
       },
       import_csv},
      {"oracle_general", "libCacheSim's oracleGeneral, accesses to objects (binary)",
       is_oracle_general, import_oracle_general},
      {"libcachesim_csv", "accesses to objects, as libCacheSim reads them (CSV)",
       is_libcachesim_csv, import_libcachesim_csv},
  };
  return formats;
}

}  // namespace kvern
