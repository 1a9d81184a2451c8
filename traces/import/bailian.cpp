// Bailian (Qwen) traces (github.com/alibaba-edu/qwen-bailian-usagetraces-anon): chat_id,
// parent_chat_id (-1 = root), timestamp s, input_length, output_length, type, turn, hash_ids of
// 16-token blocks, the last one perhaps partial. Some of the files hash a block's content alone, so
// ids are always chained: that changes nothing where they name prefixes already.
#include <absl/container/flat_hash_map.h>

#include "traces/import/importers.h"
#include "traces/import/json_rows.h"

namespace kvern {

namespace {

struct Chat {
  std::int64_t row = -1;
  std::int64_t session = -1;
};

}  // namespace

void import_bailian(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  trace.header.block_size = options.block_size > 0 ? options.block_size : 16;
  trace.header.block_rule = BlockRule::Ceil;
  JsonRows rows(source, trace,
                {"chat_id", "parent_chat_id", "timestamp", "input_length", "output_length", "type",
                 "turn", "hash_ids"});
  BlockNames names;
  absl::flat_hash_map<std::int64_t, Chat> chats;
  std::int64_t sessions = 0;
  std::vector<std::uint64_t> hashes;
  std::vector<std::uint32_t> blocks;
  while (rows.next()) {
    const JsonValue root = rows.root();
    TraceRow row;
    std::int64_t chat = 0;
    std::int64_t parent = 0;
    if (!rows.count(root, "chat_id", chat) || !rows.count(root, "parent_chat_id", parent) ||
        !rows.time(root, "timestamp", 9, row.arrival_ns) ||
        !rows.count(root, "input_length", row.prompt_tokens) ||
        !rows.count(root, "output_length", row.output_tokens)) {
      continue;
    }
    hashes.clear();
    if (!root.find("hash_ids").absent() && !rows.hashes(root, "hash_ids", hashes)) continue;
    blocks.clear();
    std::uint32_t previous = BlockNames::kRoot;
    for (const std::uint64_t hash : hashes) {
      previous = names.chained(previous, hash);
      blocks.push_back(previous);
    }
    // A parent before the file's start is as good as none.
    const auto found = chats.find(parent);
    const Chat before = found != chats.end() ? found->second : Chat{};
    row.parent = before.row;
    row.session = before.row >= 0 ? before.session : sessions++;
    row.category = root.find("type").text();
    row.blocks = blocks;
    const std::int64_t number = trace.rows();
    if (trace.add(row)) chats[chat] = {number, row.session};
  }
}

}  // namespace kvern
