#include "analysis/quality/frontier_picture.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace kvern {
namespace {

using testing::HasSubstr;
using testing::Not;

FrontierPicture two_policies() {
  FrontierPicture picture;
  picture.title = "a < b";
  picture.dense = 16;
  picture.points = {{"h2o", .2, 2e-3, 20, .1},
                    {"h2o", .1, 1e-3, 30, .4},
                    {"window", .2, 2e-3, 90000, 5},
                    {"full", 0, 8e-3, 16, 0},
                    {"unknown", .2, std::nullopt, 20, .1}};
  return picture;
}

// The places of a policy's marks, in order: cx of the circles after its line.
std::vector<double> circles(const std::string& svg) {
  std::vector<double> found;
  for (std::size_t at = 0; (at = svg.find("<circle cx=\"", at)) != std::string::npos; ++at) {
    found.push_back(std::strtod(svg.c_str() + at + 12, nullptr));
  }
  return found;
}

TEST(FrontierPicture, NamesAndAxes) {
  const std::string svg = frontier_svg(two_policies());
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr(">h2o</text>"));
  EXPECT_THAT(svg, HasSubstr("mJ a token"));
  EXPECT_THAT(svg, HasSubstr("nothing evicted"));
  EXPECT_THAT(svg, HasSubstr("top edge: beyond"));  // 90,000 would flatten the rest
  EXPECT_THAT(svg, Not(HasSubstr("unknown")));      // no joules, no place
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(svg, frontier_svg(two_policies()));
}

// Left: full, h2o twice, window; right: h2o twice, window, as full loses nothing there; then the
// legend's three. On a logarithmic axis 1 to 2 is as far as 2 to 4, a third of 1 to 8.
TEST(FrontierPicture, JoulesAreLogarithmic) {
  const std::vector<double> x = circles(frontier_svg(two_policies()));
  ASSERT_EQ(x.size(), 4U + 3 + 3);
  EXPECT_NEAR((x[2] - x[1]) * 3, x[0] - x[1], .3);
}

TEST(FrontierPicture, NothingToDraw) { EXPECT_EQ(frontier_svg({}), ""); }

}  // namespace
}  // namespace kvern
