// Arithmetic over named numbers: "(finish_s - first_token_s) / (output - 1)". Names are those of
// the columns of a table, or of a summary.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

class Expression {
 public:
  // + - * / and parentheses over numbers and names (letters, digits, "_", ":" and "."). Null with
  // the reason in `why`.
  static std::optional<Expression> parse(std::string_view text, std::string& why);

  // Each once, in the order in which they first stand.
  const std::vector<std::string>& names() const { return names_; }
  // `values`: parallel to names(). Unknown when one that it needs is, or when it divides by 0.
  std::optional<double> value(std::span<const std::optional<double>> values) const;

 private:
  friend class ExpressionParser;
  struct Step {
    char kind;              // 'n' a number, 'v' a name, else the operator
    double number = 0;      // of 'n'
    std::size_t index = 0;  // of 'v', in names_
  };
  std::vector<std::string> names_;
  std::vector<Step> steps_;  // operands first (postfix)
};

}  // namespace kvern
