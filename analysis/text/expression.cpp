#include "analysis/text/expression.h"

#include <algorithm>
#include <charconv>

namespace kvern {

// Sum of products of atoms, each level calling the one below.
class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : text_(text) {}

  std::optional<Expression> parse(std::string& why) {
    sum();
    skip_spaces();
    if (why_.empty() && at_ < text_.size()) fail("expected an operator");
    why = why_;
    return why_.empty() ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  void fail(const char* what) {
    if (!why_.empty()) return;
    const std::string_view rest = text_.substr(std::min(at_, text_.size()));
    why_ = what + (rest.empty() ? std::string(" at its end")
                                : " before \"" + std::string(rest.substr(0, 12)) + "\"");
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  // The next operator when it is one of `two`; 0 otherwise.
  char take_operator(const char* two) {
    skip_spaces();
    if (at_ >= text_.size() || (text_[at_] != two[0] && text_[at_] != two[1])) return 0;
    return text_[at_++];
  }

  void sum() {
    product();
    while (const char operation = take_operator("+-")) {
      product();
      out_.steps_.push_back({operation});
    }
  }
  void product() {
    atom();
    while (const char operation = take_operator("*/")) {
      atom();
      out_.steps_.push_back({operation});
    }
  }
  void atom() {
    skip_spaces();
    const char c = at_ < text_.size() ? text_[at_] : 0;
    if (c == '(') {
      ++at_;
      if (++depth_ > kDeepest) return fail("too many parentheses");
      sum();
      --depth_;
      skip_spaces();
      if (at_ >= text_.size() || text_[at_] != ')') return fail("expected \")\"");
      ++at_;
    } else if ((c >= '0' && c <= '9') || c == '.') {
      number();
    } else if (is_letter(c)) {
      name();
    } else {
      fail("expected a number, a name or \"(\"");
    }
  }
  void number() {
    double value = 0;
    const auto result = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (result.ec != std::errc()) return fail("a number that can't be read");
    at_ = static_cast<std::size_t>(result.ptr - text_.data());
    out_.steps_.push_back({'n', value});
  }
  void name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || text_[at_] == ':' || text_[at_] == '.' ||
                                  (text_[at_] >= '0' && text_[at_] <= '9'))) {
      ++at_;
    }
    const std::string found(text_.substr(begin, at_ - begin));
    auto& names = out_.names_;
    const auto place = std::find(names.begin(), names.end(), found);
    const auto index = static_cast<std::size_t>(place - names.begin());
    if (place == names.end()) names.push_back(found);
    out_.steps_.push_back({'v', 0, index});
  }
  static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  static constexpr int kDeepest = 100;
  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string why_;
  Expression out_;
};

std::optional<Expression> Expression::parse(std::string_view text, std::string& why) {
  return ExpressionParser(text).parse(why);
}

std::optional<double> Expression::value(std::span<const std::optional<double>> values) const {
  std::vector<double> stack;
  for (const Step& step : steps_) {
    if (step.kind == 'n') {
      stack.push_back(step.number);
    } else if (step.kind == 'v') {
      if (!values[step.index]) return std::nullopt;
      stack.push_back(*values[step.index]);
    } else {
      const double right = stack.back();
      stack.pop_back();
      double& left = stack.back();
      if (step.kind == '/' && right == 0) return std::nullopt;
      left = step.kind == '+'   ? left + right
             : step.kind == '-' ? left - right
             : step.kind == '*' ? left * right
                                : left / right;
    }
  }
  return stack.back();
}

}  // namespace kvern
