// libCacheSim's oracleGeneral traces (github.com/1a1a11a/libCacheSim), packed or not: records of 24
// bytes, little-endian: u32 time in s, u64 object, u32 size in B, i64 record of its next access (-1
// = none). An access becomes a request of one block of one token. Next accesses are found anew.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/base/outside_error.h"
#include "traces/import/block_names.h"
#include "traces/import/importers.h"
#include "traces/import/object_accesses.h"
#include "traces/import/object_trace.h"

namespace kvern {

namespace {

constexpr const char* kFormat = "oracle_general";
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

// Calls `take` with time in s, object and bytes of each record, in order.
template <class Take>
void for_each_record(ByteSource& source, RowLog& log, const Take& take) {
  std::array<char, kRecord * 4096> buffer;
  std::int64_t record = 0;
  for (;;) {
    const std::size_t filled = fill(source, buffer.data(), buffer.size());
    for (std::size_t at = 0; at + kRecord <= filled; at += kRecord) {
      log.at(++record, {});
      take(little_endian<std::uint32_t>(buffer.data() + at),
           little_endian<std::int64_t>(buffer.data() + at + 4),
           little_endian<std::uint32_t>(buffer.data() + at + 12));
    }
    if (filled % kRecord != 0) {
      throw OutsideError(fmt::format("{}: ends inside record {}", source.path(), record + 1));
    }
    if (filled < buffer.size()) return;
  }
}

// Of a packed file they are counted by unpacking it: growing arrays would take half as much again.
std::size_t records_of(const std::string& file) {
  std::string head(kRecord * 64, '\0');
  std::ifstream stored(file, std::ios::binary);
  stored.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stored.gcount()));
  if (is_oracle_general(head)) return std::filesystem::file_size(file) / kRecord;
  ByteSource source(file);
  std::array<char, 1 << 16> buffer;
  while (source.read(buffer.data(), buffer.size()) > 0) {
  }
  return source.bytes_read() / kRecord;
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
  for_each_record(source, trace.row_log(),
                  [&](std::uint32_t seconds, std::int64_t object, std::uint32_t bytes) {
                    accesses.add(seconds * kSecond, names.of(object), bytes);
                  });
}

bool is_object_trace(const ImportRequest& request) {
  if (!request.format.empty() && request.format != kFormat) return false;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(request.file, ignored) || is_ours(request)) return false;
  if (request.format == kFormat) return true;
  ByteSource source(request.file);
  std::string head(4096, '\0');
  head.resize(fill(source, head.data(), head.size()));
  return is_oracle_general(head);
}

std::optional<ObjectTrace> read_object_trace(const ImportRequest& request, Issues& issues) {
  ObjectTrace trace;
  const std::size_t records = records_of(request.file);
  if (records >= UINT32_MAX) {
    issues.error({request.file, 0, 0}, "more than 2^32 - 2 accesses");
    return std::nullopt;
  }
  trace.arrival.reserve(records);
  trace.object.reserve(records);
  ByteSource source(request.file);
  RowLog row_log(request.file, request.bad_rows_file);
  BlockNames names;
  SimTime before = 0;
  std::int64_t size = -1;
  for_each_record(source, row_log,
                  [&](std::uint32_t seconds, std::int64_t object, std::uint32_t bytes) {
                    const SimTime time = seconds * kSecond;
                    if (!follows(row_log, before, time)) return;
                    note_sizes(row_log, size, bytes);
                    const std::uint32_t number = names.of(object);
                    trace.objects = std::max(trace.objects, number + 1);
                    trace.arrival.push_back(time);
                    trace.object.push_back(number);
                  });
  row_log.report(issues);
  if (!issues.any_error() && trace.object.empty()) {
    issues.error({request.file, 0, 0}, "no requests");
  }
  if (issues.any_error()) return std::nullopt;
  const SimTime first = trace.arrival.front();
  for (SimTime& time : trace.arrival) time -= first;
  return trace;
}

}  // namespace kvern
