// Law: the fused and the step-by-step run leave the same records, to the last bit.
#include <gtest/gtest.h>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {

TEST(Fusion, EqualsSteppingOnRandomSmallScenarios) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Lab lab = random_lab(seed);
    lab.stepwise = true;
    const std::string stepwise = text(*run(lab), false);
    lab.stepwise = false;
    ASSERT_EQ(stepwise, text(*run(lab), false)) << describe(lab) << " seed " << seed;
  }
}

TEST(Fusion, StepRowsChangeNothing) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Lab lab = random_lab(seed);
    const std::string fused = text(*run(lab), false);
    lab.step_rows = true;
    ASSERT_EQ(fused, text(*run(lab), false)) << describe(lab) << " seed " << seed;
  }
}

}  // namespace kvern::lab
