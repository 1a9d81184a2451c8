#include "policies/parts/heads/head_list.h"

#include <charconv>
#include <optional>

namespace kvern::attention {
namespace {

// A number, or `any` for "*".
std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t any) {
  if (word == "*") return any;
  std::uint32_t number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == word.data() + word.size();
  return whole && number < any ? std::optional(number) : std::nullopt;
}

}  // namespace

HeadList::HeadList(Parameters& p, bool required) {
  const auto words = p.list<std::string>(
      "heads", {},
      required ? "query heads as layer:head, * for every one: [3:0, 7:*]"
               : "query heads as layer:head, * for every one: [3:0, 7:*]; absent: all");
  for (const std::string& word : words) {
    const std::size_t colon = word.find(':');
    const auto layer = number_of(std::string_view(word).substr(0, colon), kAny);
    const auto head = colon == std::string::npos
                          ? std::nullopt
                          : number_of(std::string_view(word).substr(colon + 1), kAny);
    if (!layer || !head) {
      p.error("heads", "\"" + word + "\" is no head", "written layer:head, as 3:0 or 7:*");
      continue;
    }
    heads_.emplace(*layer, *head);
  }
  if (required && words.empty()) p.error("heads", "no heads are named", "heads=[3:0]");
  if (words.empty()) heads_.emplace(kAny, kAny);
}

bool HeadList::contains(std::uint32_t layer, std::uint32_t head) const {
  return heads_.contains({layer, head}) || heads_.contains({layer, kAny}) ||
         heads_.contains({kAny, head}) || heads_.contains({kAny, kAny});
}

std::string HeadList::refusal(const ControlledShape& shape) const {
  for (const auto& [layer, head] : heads_) {
    if (layer != kAny && layer >= shape.layers) {
      return "there is no layer " + std::to_string(layer) + ": the model has 0 to " +
             std::to_string(shape.layers - 1);
    }
    if (head != kAny && head >= shape.heads) {
      return "there is no query head " + std::to_string(head) + ": a layer has 0 to " +
             std::to_string(shape.heads - 1);
    }
  }
  return {};
}

}  // namespace kvern::attention
