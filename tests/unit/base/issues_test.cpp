#include "sim/base/config/issues.h"

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

TEST(Issues, PrintsInReadingOrderWithNotesBehindTheirIssue) {
  Issues issues;
  issues.error({"a.toml", 9, 1}, "late");
  issues.note({"a.toml", 2, 1}, "because of this");
  issues.error({"b.toml", 1, 1}, "other file");
  issues.warning({"a.toml", 3, 7}, "early");
  EXPECT_EQ(issues.text(),
            "a.toml:3:7: warning: early\n"
            "a.toml:9:1: error: late\n"
            "a.toml:2:1: note: because of this\n"
            "b.toml:1:1: error: other file\n");
}

// By edits alone "b200" would be nearer.
TEST(Issues, SuggestsWhatBeginsWithTheWord) {
  EXPECT_EQ(did_you_mean("h100", {"b200", "h100_sxm"}), "did you mean \"h100_sxm\"?");
}

TEST(Issues, SuggestsNothingFarAway) { EXPECT_EQ(did_you_mean("xyz", {"blocks", "dtype"}), ""); }

}  // namespace kvern
