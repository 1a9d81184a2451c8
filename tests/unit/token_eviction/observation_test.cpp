#include "policies/parts/tokens/observation.h"

#include <gmock/gmock.h>

#include "sim/attention/head/full_rows.h"
#include "tests/lab/recordings.h"

namespace kvern::token_eviction {

using testing::DoubleNear;
using testing::ElementsAre;

// Equal attention, 6 tokens, window 2: rows 4 and 5 give 1/5 + 1/6 = 11/30 to each of 0 .. 3.
// Averages over 3 count a zero at both ends: 22/90, 33/90, 33/90, 22/90. The window is infinite.
TEST(Observation, SumsTheWindowsRowsAndPools) {
  const auto flat = lab::logit_table(6, 6, [](auto, auto) { return 0.0; });
  const TokenLayer layer = token_layer(flat.sequence, flat.layers[0], 0);
  const LogitKernel kernel(layer);
  FullRows rows(layer, kernel, AttentionForm::Softmax);
  Issues issues;
  const Config keys = parse_policy("x(capacity=4, window=2, kernel=3)", {}, issues);
  Parameters p(&keys, "", issues);
  std::vector<double> scores;
  Observation(p).score(layer, rows, 0, scores);
  const auto infinite = testing::Gt(1e300);
  EXPECT_THAT(scores, ElementsAre(DoubleNear(22. / 90, 1e-12), DoubleNear(33. / 90, 1e-12),
                                  DoubleNear(33. / 90, 1e-12), DoubleNear(22. / 90, 1e-12),
                                  infinite, infinite));
}

}  // namespace kvern::token_eviction
