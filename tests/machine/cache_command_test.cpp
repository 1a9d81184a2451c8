// `kvern cache` from outside.
#include <gtest/gtest.h>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using lab::Output;

class CacheCommand : public testing::Test {
 protected:
  Output cache(std::vector<std::string> more) const {
    more.insert(more.begin(), {"cache", std::string(KVERN_ROOT "/tests/fixtures/mooncake.jsonl")});
    return program_.call(more);
  }

 private:
  lab::Program program_{KVERN_BINARY};
};

}  // namespace

// Blocks 0 1 | 0 2 | 0 1 3. LRU with two: 0 found twice, 1 gone for 2. FIFO: 2 takes the place of
// 0, 0 that of 1, so that only the second 0 ... is found: one hit. Belady: 0 twice.
TEST_F(CacheCommand, JsonIsAnArrayPolicyByPolicy) {
  const Output two = cache({"--policies", "lru,fifo", "--capacity", "2", "--json"});
  EXPECT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(two.out,
            "[\n"
            "  {\"policy\": \"lru\", \"capacity\": 2, \"accesses\": 7, \"hits\": 2, "
            "\"hit_ratio\": 0.2857142857142857, \"prefix_hits\": 2, "
            "\"prefix_hit_ratio\": 0.2857142857142857, \"regret\": 0},\n"
            "  {\"policy\": \"fifo\", \"capacity\": 2, \"accesses\": 7, \"hits\": 1, "
            "\"hit_ratio\": 0.14285714285714285, \"prefix_hits\": 1, "
            "\"prefix_hit_ratio\": 0.14285714285714285, \"regret\": 0.14285714285714285}\n"
            "]\n");
}

TEST_F(CacheCommand, TheTableMarksTheBestAndEndsWithBelady) {
  const Output table = cache({"--policies", "'lru',fifo", "--capacity", "2,4"});
  EXPECT_EQ(table.out,
            "blocks                2                4\n"
            "           hits  regret     hits  regret\n"
            "lru     0.2857*  0.0000  0.4286*  0.0000\n"
            "fifo    0.1429   0.1429  0.4286*  0.0000\n"
            "belady  0.2857           0.4286\n");
  EXPECT_EQ(table.err, "");
  const Output prefix = cache({"--policies", "lru", "--capacity", "2", "--mode", "prefix"});
  EXPECT_NE(prefix.out.find("here Belady is a reference"), std::string::npos) << prefix.out;
}

TEST_F(CacheCommand, TheWholeCatalogueAtAnyCapacity) {
  const Output all = cache({"--capacity", "0,1,1000000"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_NE(all.out.find("\nlru "), std::string::npos);
  const Output blocks = cache({"--capacity", "4", "--block-size", "1024", "--policies", "lru"});
  EXPECT_EQ(blocks.code, 0) << blocks.err;
}

TEST_F(CacheCommand, MistakesAreTold) {
  const Output bad = cache({"--policies", "lur,lru(x=1)", "--capacity", "ten", "--mode", "blok",
                            "--admission", "allways"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.out, "");
  for (const char* message :
       {"--policies: error: unknown eviction policy \"lur\"; did you mean \"lru\"?",
        "unknown key \"x\"", "--capacity: error: \"ten\" is not a number of blocks",
        "--mode: error: there is no mode \"blok\"; did you mean \"block\"?",
        "--admission: error: unknown cache_admission policy \"allways\"; did you mean "
        "\"always\"?"}) {
    EXPECT_NE(bad.err.find(message), std::string::npos) << message << "\n" << bad.err;
  }
  EXPECT_EQ(cache({}).code, 2);
  EXPECT_EQ(cache({"--capacity", "4", "--block-size", "300"}).code, 2);
}

TEST_F(CacheCommand, ATraceWithoutBlocksIsRefused) {
  lab::Program program{KVERN_BINARY};
  const Output output = program.call(
      {"cache", KVERN_ROOT "/tests/fixtures/vidur.csv", "--capacity", "4", "--policies", "lru"});
  EXPECT_EQ(output.code, 2);
  EXPECT_NE(output.err.find("this trace names no blocks"), std::string::npos) << output.err;
}

}  // namespace kvern
