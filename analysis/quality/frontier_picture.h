// A picture of what token policies cost and lose: joules a token against perplexity, and against
// the loss of the group of text that lost most; a line a policy, a mark a budget.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kvern {

struct FrontierPoint {
  std::string policy;
  double budget = 0;             // 0: none given
  std::optional<double> joules;  // of the cache and attention, a token
  std::optional<double> perplexity;
  std::optional<double> worst_increase;  // share of the loss
};

struct FrontierPicture {
  std::string title;
  std::optional<double> dense;  // perplexity
  std::vector<FrontierPoint> points;
};

// SVG; empty where no point has joules and perplexity.
std::string frontier_svg(const FrontierPicture& picture);

}  // namespace kvern
