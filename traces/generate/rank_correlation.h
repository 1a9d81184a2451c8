// Pairs of uniforms with a given Spearman correlation s: a Gaussian copula, z2 = r z1 +
// sqrt(1 - r^2) z with r = 2 sin(pi s / 6). The first uniform is the draw itself.
//
// The normal quantile and cdf are Taylor polynomials about nodes, within 1e-14 of
// sim/base/exact_math (which makes them): no division, no branch, a third of the time.
#pragma once

#include <vector>

#include "sim/base/random.h"

namespace kvern {

class RankCorrelation {
 public:
  explicit RankCorrelation(double spearman);  // -1 < s < 1; 0: independent draws

  struct Uniforms {
    double first;
    double second;
  };
  Uniforms draw(Stream& stream) const;  // 2 draws

  double normal_quantile(double u) const;  // a Stream's draw
  double normal_cdf(double x) const;

 private:
  struct Node {
    double at;
    double coefficients[9];
  };
  static Node quantile_node(double u);
  static Node cdf_node(double x);

  double r_;
  double rest_;  // sqrt(1 - r^2)
  std::vector<Node> quantiles_;
  std::vector<Node> cdfs_;
};

}  // namespace kvern
