#include "sim/base/io/json_lines.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "sim/base/config/decimal.h"

namespace kvern {

namespace ondemand = simdjson::ondemand;

namespace {

// No trace needs more; without a limit, brackets end the stack and lists the memory.
constexpr int kDeepest = 64;
constexpr std::size_t kMostValues = 1 << 22;

struct Limit {
  const char* what;
};

}  // namespace

struct JsonLine::Parser {
  // simdjson reads a little beyond the end, so the text is copied to where that is allowed.
  std::string_view hold(std::string_view text) {
    if (buffer.size() < text.size() + simdjson::SIMDJSON_PADDING) {
      buffer.resize(2 * text.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(buffer.data(), text.data(), text.size());
    return {buffer.data(), text.size()};
  }

  // Appends `value` and all below it, depth first. Throws simdjson_error.
  template <class Value>
  void add(std::vector<Node>& nodes, Value& value, std::string_view key, int depth = 0) {
    const std::size_t self = nodes.size();
    if (depth > kDeepest) throw Limit{"more than 64 lists and objects within each other"};
    if (self >= kMostValues) throw Limit{"more than 4,194,304 values in one text"};
    nodes.push_back({JsonValue::Kind::Null, 0, 0, {}, key});
    std::uint32_t count = 0;
    switch (value.type().value()) {
      case ondemand::json_type::array:
        nodes[self].kind = JsonValue::Kind::Array;
        for (auto item : value.get_array()) {
          ondemand::value child = item.value();
          add(nodes, child, {}, depth + 1);
          ++count;
        }
        break;
      case ondemand::json_type::object:
        nodes[self].kind = JsonValue::Kind::Object;
        for (auto item : value.get_object()) {
          const std::string_view name = item.unescaped_key().value();
          ondemand::value child = item.value();
          add(nodes, child, name, depth + 1);
          ++count;
        }
        break;
      case ondemand::json_type::string:
        nodes[self].kind = JsonValue::Kind::Text;
        nodes[self].text = value.get_string().value();
        break;
      case ondemand::json_type::number:
        add_number(nodes[self], value);
        break;
      case ondemand::json_type::boolean:
        nodes[self].kind = JsonValue::Kind::Boolean;
        nodes[self].text = value.get_bool().value() ? "true" : "false";
        break;
      case ondemand::json_type::null:
        if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
        break;
    }
    nodes[self].count = count;
    nodes[self].end = static_cast<std::uint32_t>(nodes.size());
  }

  template <class Value>
  static void add_number(Node& node, Value& value) {
    node.kind = JsonValue::Kind::Number;
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::strchr(" \t\r\n", token.back()) != nullptr) {
      token.remove_suffix(1);
    }
    node.text = token;
    // A whole number beyond 64 bits is for whoever asks for it to refuse, in its own place.
    const bool is_whole = token.size() > 18 && token[0] != '0' &&
                          token.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_whole) return;
    const ondemand::number checked = value.get_number().value();  // malformed numbers end here
    (void)checked;
  }

  std::vector<char> buffer;
  ondemand::parser parser;
};

JsonLine::JsonLine() : parser_(std::make_unique<Parser>()) {}
JsonLine::~JsonLine() = default;

bool JsonLine::parse(std::string_view text) {
  nodes_.clear();
  error_.clear();
  text = parser_->hold(text);
  try {
    ondemand::document document =
        parser_->parser.iterate(text.data(), text.size(), parser_->buffer.size());
    if (document.is_scalar().value()) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
    ondemand::value root = document.get_value();
    parser_->add(nodes_, root, {});
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      throw simdjson::simdjson_error(simdjson::TRAILING_CONTENT);
    }
    return true;
  } catch (const simdjson::simdjson_error& error) {
    error_ = error.what();
  } catch (const Limit& limit) {
    error_ = limit.what;
  }
  nodes_.clear();
  return false;
}

JsonValue::Kind JsonValue::kind() const {
  return line_ == nullptr ? Kind::Absent : line_->nodes_[node_].kind;
}

std::string_view JsonValue::text() const {
  return line_ == nullptr ? std::string_view{} : line_->nodes_[node_].text;
}

std::optional<std::int64_t> JsonValue::integer() const {
  if (kind() != Kind::Number) return std::nullopt;
  return whole_number(text());
}

std::optional<std::uint64_t> JsonValue::unsigned_integer() const {
  if (kind() != Kind::Number) return std::nullopt;
  const std::string_view digits = text();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> JsonValue::scaled(int digits) const {
  if (kind() != Kind::Number) return std::nullopt;
  return scaled_decimal(text(), digits);
}

std::size_t JsonValue::size() const { return line_ == nullptr ? 0 : line_->nodes_[node_].count; }

JsonValue JsonValue::first() const {
  return size() == 0 ? JsonValue() : JsonValue(line_, node_ + 1);
}

JsonValue JsonValue::next(JsonValue item) const {
  const std::uint32_t after = line_->nodes_[item.node_].end;
  return after < line_->nodes_[node_].end ? JsonValue(line_, after) : JsonValue();
}

JsonValue JsonValue::find(std::string_view key) const {
  if (kind() != Kind::Object) return {};
  for (JsonValue item = first(); item; item = next(item)) {
    if (line_->nodes_[item.node_].key == key) return item;
  }
  return {};
}

std::string_view JsonValue::key(JsonValue item) const { return line_->nodes_[item.node_].key; }

}  // namespace kvern
