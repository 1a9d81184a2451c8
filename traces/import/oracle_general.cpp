// libCacheSim's oracleGeneral traces (github.com/1a1a11a/libCacheSim), packed or not: records of 24
// bytes, little-endian: u32 time in s, u64 object, u32 size in B, i64 record of its next access (-1
// = none). An access becomes a request of one block of one token. Next accesses are found anew.
#include <fmt/format.h>

#include <array>
#include <cstring>

#include "sim/base/outside_error.h"
#include "traces/import/block_names.h"
#include "traces/import/importers.h"
#include "traces/import/object_accesses.h"

namespace kvern {

namespace {

constexpr std::size_t kRecord = 24;

template <class T>
T little_endian(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Fills `buffer` as far as the content goes.
std::size_t fill(ByteSource& source, char* buffer, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t got = source.read(buffer + filled, size - filled);
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

bool is_oracle_general(std::string_view head) {
  if (head.size() < kRecord || head.find('\0') == std::string_view::npos) return false;
  std::uint32_t before = 0;
  for (std::size_t at = 0; at + kRecord <= head.size(); at += kRecord) {
    const auto time = little_endian<std::uint32_t>(head.data() + at);
    const auto next = little_endian<std::int64_t>(head.data() + at + 16);
    if (time < before || next == 0 || next < -1 || next > (std::int64_t{1} << 48)) return false;
    before = time;
  }
  return true;
}

void import_oracle_general(ByteSource& source, const ImportOptions& /*options*/,
                           TraceBuilder& trace) {
  ObjectAccesses accesses(trace);
  BlockNames names;
  std::array<char, kRecord * 4096> buffer;
  std::int64_t record = 0;
  for (;;) {
    const std::size_t filled = fill(source, buffer.data(), buffer.size());
    for (std::size_t at = 0; at + kRecord <= filled; at += kRecord) {
      trace.row_log().at(++record, {});
      accesses.add(little_endian<std::uint32_t>(buffer.data() + at) * kSecond,
                   names.of(little_endian<std::int64_t>(buffer.data() + at + 4)),
                   little_endian<std::uint32_t>(buffer.data() + at + 12));
    }
    if (filled % kRecord != 0) {
      throw OutsideError(fmt::format("{}: ends inside record {}", source.path(), record + 1));
    }
    if (filled < buffer.size()) return;
  }
}

}  // namespace kvern
