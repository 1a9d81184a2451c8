// A file as a stream of bytes or lines, unpacked on the way: gzip and zstd are known by their first
// bytes, never by the name. Memory: a few buffers, whatever the size of the file (lines: the
// longest, kLongestLine at most). Devices and folders are refused, and packed files that grow
// beyond any trace (200 times, more than 256 MiB).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

class ByteSource {
 public:
  // Throws OutsideError when the file can't be opened or read.
  explicit ByteSource(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Up to `size` bytes of content; 0 = the end. Throws OutsideError when reading fails or packed
  // data is damaged or truncated; what came before it was sound.
  std::size_t read(char* into, std::size_t size);
  // SHA-256 of the stored bytes (packed as they are), what `sha256sum FILE` prints. Reads the rest
  // of the file, so it is the last thing to ask.
  std::string sha256();

  const std::string& path() const { return path_; }
  std::uint64_t bytes_read() const { return content_bytes_; }

  struct Stored;    // the file: raw bytes, hashed as they pass
  struct Unpacker;  // raw bytes to content

 private:
  std::string path_;
  std::unique_ptr<Stored> stored_;
  std::unique_ptr<Unpacker> unpacker_;
  std::uint64_t content_bytes_ = 0;
};

// Of a line, in bytes: a prompt of ten million tokens in blocks of 16 takes half of it.
inline constexpr std::size_t kLongestLine = 16 << 20;

class LineReader {
 public:
  explicit LineReader(ByteSource& source);

  // The next line without its LF or CRLF (the last one needs none; a byte order mark is dropped);
  // false at the end. `line` stays valid until the next call. Throws OutsideError as read() does,
  // naming the last whole line, or for a line that is too long.
  bool next(std::string_view& line);
  // Of the line last returned, from 1.
  std::int64_t number() const { return number_; }

 private:
  bool fill();  // more content into buffer_; false at the end

  ByteSource* source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // unread content: [begin_, end_)
  std::size_t end_ = 0;
  std::int64_t number_ = 0;
};

}  // namespace kvern
