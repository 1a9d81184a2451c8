// `kvern run --with-bound`: the same scenario under the clairvoyant policy, for the regret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/pressed_cache.h"

namespace kvern {
namespace {

using lab::Output;

class WithBound : public lab::PressedCache {};

}  // namespace

// The bound evicts least of what is asked for again: its hits are no fewer here, and what the run
// lost against it stands in the summary.
TEST_F(WithBound, FillsTheRegretOfARun) {
  const Output bare = run({"--json"});
  EXPECT_NE(bare.out.find("\"regret\": null"), std::string::npos) << bare.out;
  const Output json = run({"--with-bound", "--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  const std::size_t at = json.out.find("\"regret\": 0.");
  ASSERT_NE(at, std::string::npos) << json.out;
  EXPECT_GT(std::stod(json.out.substr(at + 10)), 0);
  const Output table = run({"--with-bound"});
  EXPECT_NE(table.out.find("\npool.kv.eviction"), std::string::npos);
  EXPECT_NE(table.out.find("\nbelady "), std::string::npos) << table.out;
}

// Points that differ in their policies alone share a bound: one that is its own loses nothing.
TEST_F(WithBound, FillsTheRegretOfEachPoint) {
  const Output sweep = run({"--with-bound", "--compare", "pool.kv.eviction=lru,belady"});
  ASSERT_EQ(sweep.code, 0) << sweep.err;
  EXPECT_NE(sweep.out.find("regret %"), std::string::npos) << sweep.out;
  const Output json = run({"--with-bound", "--json", "--compare", "pool.kv.eviction=lru,belady"});
  const std::size_t first = json.out.find("\"regret\": 0.");
  ASSERT_NE(first, std::string::npos) << json.out;
  EXPECT_NE(json.out.find("\"regret\": 0,", first), std::string::npos) << json.out;
}

// A run's bound never writes where runs do: the clairvoyant run itself can have one.
TEST_F(WithBound, HasFoldersOfItsOwn) {
  const Output own = run({"--with-bound", "--set", "pool.kv.eviction=belady"});
  EXPECT_EQ(own.code, 0) << own.err;
  std::vector<std::string> endings;
  for (const auto& entry : std::filesystem::directory_iterator(program_.folder() / "out")) {
    endings.push_back(entry.path().extension());
  }
  EXPECT_THAT(endings, testing::UnorderedElementsAre("", ".bound"));
}

TEST_F(WithBound, NeedsAnOpenLoop) {
  const Output closed = run({"--with-bound", "--set", "workload.prefixes=sessions"});
  EXPECT_EQ(closed.code, 2);
  EXPECT_NE(closed.err.find("closed loop"), std::string::npos) << closed.err;
}

}  // namespace kvern
