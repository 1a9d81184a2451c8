// Which query heads of which layers a controller is about: [3:0, 3:1, 7:*, *:2], by number.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "sim/base/config/parameters.h"
#include "sim/ports/attention_control.h"

namespace kvern::attention {

class HeadList {
 public:
  // The key `heads`; where it may be absent, that is every head.
  HeadList(Parameters& p, bool required);

  bool contains(std::uint32_t layer, std::uint32_t head) const;
  // Why the model lacks one of them; empty when it has all.
  std::string refusal(const ControlledShape& shape) const;

 private:
  static constexpr std::uint32_t kAny = UINT32_MAX;
  std::set<std::pair<std::uint32_t, std::uint32_t>> heads_;  // layer, query head
};

}  // namespace kvern::attention
