#include "sim/base/io/byte_source.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/base/digest.h"
#include "sim/base/io/text_file.h"
#include "sim/base/outside_error.h"

namespace kvern {

struct ByteSource::Stored {
  explicit Stored(const std::string& name) : path(name), file(open(name), &std::fclose) {}

  static std::FILE* open(const std::string& name) {
    if (const std::string why = no_source(name); !why.empty()) {
      throw OutsideError(fmt::format("{}: {}", name, why));
    }
    std::FILE* opened = std::fopen(name.c_str(), "rb");
    if (opened == nullptr) throw OutsideError(fmt::format("{}: {}", name, std::strerror(errno)));
    return opened;
  }

  // Makes sure that unread bytes are at hand; false at the end of the file.
  bool refill() {
    if (begin < end) return true;
    begin = 0;
    end = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) {
      throw OutsideError(fmt::format("{}: {}", path, std::strerror(errno)));
    }
    sum.add(buffer.data(), end);
    bytes += end;
    return end > 0;
  }

  std::string path;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file;
  std::vector<char> buffer = std::vector<char>(1 << 17);
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t bytes = 0;  // read so far, as stored
  Sha256 sum;
};

struct ByteSource::Unpacker {
  virtual ~Unpacker() = default;
  // Unpacks from `stored` into `into`; 0 at the end. Throws Damage.
  virtual std::size_t read(Stored& stored, char* into, std::size_t size) = 0;
};

namespace {

// Traces pack to a tenth, rarely to a fiftieth; a file that packs better is filled with one byte.
constexpr std::uint64_t kMostUnpacked = 200;
constexpr std::uint64_t kFreeContent = 256 << 20;  // harmless whatever it was packed from

struct Damage {
  std::string what;
};

struct Gzip : ByteSource::Unpacker {
  Gzip() { inflateInit2(&stream, 15 + 16); }
  ~Gzip() override { inflateEnd(&stream); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::size_t read(ByteSource::Stored& stored, char* into, std::size_t size) override {
    stream.next_out = reinterpret_cast<Bytef*>(into);
    stream.avail_out = static_cast<uInt>(size);
    while (stream.avail_out == size) {
      if (!stored.refill()) {
        if (inside_member) throw Damage{"the gzip data is truncated"};
        break;
      }
      inside_member = true;
      stream.next_in = reinterpret_cast<Bytef*>(stored.buffer.data() + stored.begin);
      stream.avail_in = static_cast<uInt>(stored.end - stored.begin);
      const int status = inflate(&stream, Z_NO_FLUSH);
      stored.begin = stored.end - stream.avail_in;
      if (status == Z_STREAM_END) {  // gzip files may be joined end to end
        inside_member = false;
        inflateReset(&stream);
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        if (stream.avail_out < size) break;  // what came before it first; it will fail again
        throw Damage{fmt::format("the gzip data is damaged ({})",
                                 stream.msg != nullptr ? stream.msg : "no detail")};
      }
    }
    return size - stream.avail_out;
  }

  z_stream stream{};
  bool inside_member = false;
};

struct Zstd : ByteSource::Unpacker {
  std::size_t read(ByteSource::Stored& stored, char* into, std::size_t size) override {
    ZSTD_outBuffer out{into, size, 0};
    while (out.pos == 0) {
      if (!stored.refill() && !pending_output) {
        if (inside_frame) throw Damage{"the zstd data is truncated"};
        break;
      }
      ZSTD_inBuffer in{stored.buffer.data() + stored.begin, stored.end - stored.begin, 0};
      const std::size_t status = ZSTD_decompressStream(stream.get(), &out, &in);
      stored.begin += in.pos;
      if (ZSTD_isError(status) != 0U) {
        throw Damage{fmt::format("the zstd data is damaged ({})", ZSTD_getErrorName(status))};
      }
      inside_frame = status != 0;
      pending_output = out.pos == size && inside_frame;
    }
    return out.pos;
  }

  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream{ZSTD_createDStream(),
                                                                       &ZSTD_freeDStream};
  bool inside_frame = false;
  bool pending_output = false;  // the decoder may hold content for which `into` had no room
};

struct Plain : ByteSource::Unpacker {
  std::size_t read(ByteSource::Stored& stored, char* into, std::size_t size) override {
    if (!stored.refill()) return 0;
    const std::size_t got = std::min(size, stored.end - stored.begin);
    std::memcpy(into, stored.buffer.data() + stored.begin, got);
    stored.begin += got;
    return got;
  }
};

}  // namespace

ByteSource::ByteSource(const std::string& path)
    : path_(path), stored_(std::make_unique<Stored>(path)) {
  stored_->refill();
  const std::string_view head(stored_->buffer.data(), stored_->end);
  if (head.substr(0, 2) == "\x1f\x8b") {
    unpacker_ = std::make_unique<Gzip>();
  } else if (head.substr(0, 4) == "\x28\xb5\x2f\xfd") {
    unpacker_ = std::make_unique<Zstd>();
  } else {
    unpacker_ = std::make_unique<Plain>();
  }
}

ByteSource::~ByteSource() = default;

std::size_t ByteSource::read(char* into, std::size_t size) {
  try {
    const std::size_t got = unpacker_->read(*stored_, into, size);
    content_bytes_ += got;
    if (content_bytes_ > kFreeContent && content_bytes_ / kMostUnpacked > stored_->bytes) {
      throw OutsideError(
          fmt::format("{}: it unpacks to more than {} times its size ({} bytes out of {} so far); "
                      "if it is meant so, unpack it first",
                      path_, kMostUnpacked, content_bytes_, stored_->bytes));
    }
    return got;
  } catch (const Damage& damage) {
    throw OutsideError(fmt::format("{}: {}; {} bytes before it could be read", path_, damage.what,
                                   content_bytes_));
  }
}

std::string ByteSource::sha256() {
  do {
    stored_->begin = stored_->end;
  } while (stored_->refill());
  return stored_->sum.hex();
}

LineReader::LineReader(ByteSource& source) : source_(&source), buffer_(1 << 18) {}

bool LineReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= kLongestLine) {
      throw OutsideError(fmt::format("{}: line {} has more than {} bytes", source_->path(),
                                     number_ + 1, kLongestLine));
    }
    buffer_.resize(2 * buffer_.size());
  }
  try {
    const std::size_t got = source_->read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got > 0;
  } catch (const OutsideError& error) {
    throw OutsideError(fmt::format("{}; line {} was the last whole one", error.what(), number_));
  }
}

bool LineReader::next(std::string_view& line) {
  std::size_t seen = 0;  // of the unread content, known to hold no line end
  const char* line_end = nullptr;
  for (;;) {
    const std::size_t unread = end_ - begin_;
    line_end =
        static_cast<const char*>(std::memchr(buffer_.data() + begin_ + seen, '\n', unread - seen));
    seen = unread;
    if (line_end != nullptr || !fill()) break;
  }
  if (line_end == nullptr && begin_ == end_) return false;
  const char* start = buffer_.data() + begin_;
  const char* stop = line_end != nullptr ? line_end : buffer_.data() + end_;
  begin_ += static_cast<std::size_t>(stop - start) + (line_end != nullptr ? 1 : 0);
  line = {start, static_cast<std::size_t>(stop - start)};
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (++number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  return true;
}

}  // namespace kvern
