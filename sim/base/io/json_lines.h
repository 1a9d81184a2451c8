// One JSON text (RFC 8259), such as a line of a JSONL file, as a tree of small values. Numbers keep
// their text, so that nothing passes through a double.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

class JsonLine;

// A view of a value; valid until the JsonLine parses again. A default one stands for "absent".
class JsonValue {
 public:
  enum class Kind : std::uint8_t { Absent, Null, Boolean, Number, Text, Array, Object };

  JsonValue() = default;
  Kind kind() const;
  bool absent() const { return kind() == Kind::Absent || kind() == Kind::Null; }
  // Number: as written. Text: unescaped. Boolean: "true" or "false". Else empty.
  std::string_view text() const;
  // A whole number that fits; "3.0" does, "3.5" does not.
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> unsigned_integer() const;  // digits only, below 2^64
  // A number x 10^digits, exact (see decimal.h).
  std::optional<std::int64_t> scaled(int digits) const;

  std::size_t size() const;                    // of an array or object, else 0
  JsonValue find(std::string_view key) const;  // of an object, else absent
  // The values of an array or object, in order: for (v = a.first(); ...; v = a.next(v)).
  JsonValue first() const;
  JsonValue next(JsonValue item) const;
  std::string_view key(JsonValue item) const;  // of an object's value
  explicit operator bool() const { return line_ != nullptr; }

 private:
  friend class JsonLine;
  JsonValue(const JsonLine* line, std::uint32_t node) : line_(line), node_(node) {}
  const JsonLine* line_ = nullptr;
  std::uint32_t node_ = 0;
};

class JsonLine {
 public:
  JsonLine();
  ~JsonLine();
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  // False when `text` is not one JSON value; error() then says why. The text is copied.
  bool parse(std::string_view text);
  const std::string& error() const { return error_; }
  JsonValue root() const { return nodes_.empty() ? JsonValue() : JsonValue(this, 0); }

 private:
  friend class JsonValue;
  struct Parser;
  struct Node {
    JsonValue::Kind kind;
    std::uint32_t end;    // one past the node's last descendant
    std::uint32_t count;  // items
    std::string_view text;
    std::string_view key;
  };
  std::unique_ptr<Parser> parser_;
  std::vector<Node> nodes_;
  std::string error_;
};

}  // namespace kvern
