#include "scenarios/program/validation/allowed_error.h"

#include <fmt/format.h>

#include <charconv>

#include "sim/base/config/quantity.h"
#include "sim/base/config/toml_text.h"

namespace kvern {

std::optional<Bar> read_bar(const Config& value, std::string& why) {
  Bar bar;
  if (value.kind == Config::Kind::Number || value.kind == Config::Kind::Integer) {
    bar.share =
        value.kind == Config::Kind::Number ? value.number : static_cast<double>(value.integer);
  } else if (value.kind != Config::Kind::Text) {
    why = fmt::format("bar = {} is no share", toml_text(value));
    return std::nullopt;
  } else if (value.text == "exact") {
    return bar;
  } else if (value.text.ends_with("points") || value.text.ends_with("point")) {
    const char* end = value.text.data() + value.text.size();
    const auto result = std::from_chars(value.text.data(), end, bar.share);
    if (result.ec != std::errc() || *result.ptr != ' ') {
      why = fmt::format("bar = \"{}\" is no number of points", value.text);
      return std::nullopt;
    }
    bar.share /= 100;
    bar.points = true;
  } else {
    const auto quantity = parse_quantity(value.text, why);
    if (!quantity || !quantity->same_kind(parse_unit("%"))) {
      if (why.empty()) why = "it is not in %";
      why = fmt::format("bar = \"{}\": {}", value.text, why);
      return std::nullopt;
    }
    bar.share = value_in(*quantity, "%") / 100;
  }
  if (bar.share < 0) {
    why = "a bar is not negative";
    return std::nullopt;
  }
  return bar;
}

std::string bar_text(const Bar& bar) {
  if (bar.points) return fmt::format("{:g} points", bar.share * 100);
  return bar.share == 0 ? "exact" : fmt::format("{:g} %", bar.share * 100);
}

}  // namespace kvern
