#include "sim/base/issues.h"

#include <gtest/gtest.h>

namespace kvern {

TEST(Issues, PrintsLikeACompiler) {
  Issues issues;
  issues.error({"a.toml", 9, 1}, "unknown key \"blocs\" in [pool.kv]",
               did_you_mean("blocs", {"block_size", "blocks", "dtype"}));
  EXPECT_EQ(issues.text(),
            "a.toml:9:1: error: unknown key \"blocs\" in [pool.kv]; did you mean \"blocks\"?\n");
  EXPECT_TRUE(issues.any_error());
}

// By edits alone "b200" would be nearer.
TEST(Issues, SuggestsWhatBeginsWithTheWord) {
  EXPECT_EQ(did_you_mean("h100", {"b200", "h100_sxm"}), "did you mean \"h100_sxm\"?");
}

TEST(Issues, SuggestsNothingFarAway) { EXPECT_EQ(did_you_mean("xyz", {"blocks", "dtype"}), ""); }

}  // namespace kvern
