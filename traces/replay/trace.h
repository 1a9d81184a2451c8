// A request trace, or a window of one, as columns: what the trace file holds (its datasets have
// these names). Rows are sorted by arrival; a column that does not apply is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.h"
#include "traces/replay/packed_ids.h"

namespace kvern {

// How many blocks a prompt has: Ceil counts a partial last block, which is a hit only as that very
// id; Floor leaves the tail unnamed.
enum class BlockRule : std::uint8_t { None, Ceil, Floor };

struct TraceHeader {
  std::string name;
  bool closed = false;           // default of replays: requests wait for those before them
  std::uint32_t block_size = 0;  // tokens; 0 = no blocks
  BlockRule block_rule = BlockRule::None;
  std::uint32_t distinct_blocks = 0;
  std::string tokenizer;
  std::string epoch_utc;           // ISO 8601 of arrival 0; "" = not known
  std::string clock = "recorded";  // or "synthesised"
  // The prompt of a turn begins with the whole turn before it: the importer was told so, or it
  // added that itself (turns written as what they add).
  bool chained = false;

  // Blocks of a prompt by the rule.
  std::uint64_t blocks_of(std::uint64_t prompt_tokens) const {
    if (block_rule == BlockRule::None) return 0;
    const std::uint64_t tail = block_rule == BlockRule::Ceil ? block_size - 1 : 0;
    return (prompt_tokens + tail) / block_size;
  }
};

struct Provenance {
  std::string source;  // file name or address
  std::string source_commit;
  std::string source_sha256;  // of the bytes read
  std::string licence;
  std::string importer;
  std::string importer_options;      // TOML
  std::optional<std::int64_t> seed;  // of a generator
  std::string content_sha256;        // over the columns; see trace_file.h
};

struct Trace {
  TraceHeader header;
  Provenance provenance;

  std::vector<SimTime> arrival_ns;           // from the first request; non-decreasing
  std::vector<std::uint32_t> prompt_tokens;  // >= 1
  std::vector<std::uint32_t> output_tokens;  // 0 = none produced
  std::vector<std::int32_t> session;         // dense; -1 none
  std::vector<std::uint32_t> turn;           // from 0 within the session
  std::vector<std::uint16_t> tenant;         // rows of the dictionaries; 0 = unknown
  std::vector<std::uint16_t> language;
  std::vector<std::uint16_t> category;
  std::vector<std::int32_t> parent;         // earlier row whose context goes on; -1 none
  std::vector<SimTime> delay_ns;            // after the last of its waits has finished
  std::vector<std::int64_t> source_row;     // line in the source, from 1
  std::vector<std::uint64_t> waits_offset;  // N + 1, or empty
  std::vector<std::int32_t> waits_on;       // rows that must finish first, each < own row
  PackedIds blocks;  // prefix block ids; no rows = no blocks, an empty row = a prompt without names
  // Ids of the blocks that fill while a request is answered, from block prompt / size on (which may
  // begin with the end of the prompt); what goes on from the answer has them in its prompt. No rows
  // = no answers are named.
  PackedIds answers;

  std::vector<std::string> tenants;  // entry 0 is ""
  std::vector<std::string> languages;
  std::vector<std::string> categories;

  std::size_t rows() const { return arrival_ns.size(); }
};

}  // namespace kvern
