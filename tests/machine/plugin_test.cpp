// Eviction policies outside the tree: loaded, held to the contract, run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "tests/lab/pressed_cache.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using lab::Output;

constexpr const char* kMine = KVERN_PLUGINS "/my_policy.so";
constexpr const char* kBad = KVERN_PLUGINS "/bad_policy.so";

class Plugin : public lab::PressedCache {};

}  // namespace

TEST_F(Plugin, TheExampleConforms) {
  const Output conform = program_.call({"conform", kMine});
  EXPECT_EQ(conform.code, 0) << conform.out << conform.err;
  EXPECT_EQ(conform.out, "my_clock conforms\n");
}

TEST_F(Plugin, ABreachIsFound) {
  const Output conform = program_.call({"conform", kBad});
  EXPECT_EQ(conform.code, 1);
  EXPECT_NE(conform.out.find("bad: "), std::string::npos);
  EXPECT_NE(conform.out.find("victim: block 0 is"), std::string::npos) << conform.out;
  const Output broken = run({"--plugin", kBad});
  EXPECT_EQ(broken.code, 70);
  EXPECT_NE(broken.err.find("law 2 broken"), std::string::npos) << broken.err;
}

// The plugin's policy serves the pool; CLOCK of the tree, compared with it, hits as often.
TEST_F(Plugin, TheExampleRuns) {
  const Output mine = run({"--plugin", kMine, "--json"});
  ASSERT_EQ(mine.code, 0) << mine.err;
  const Output both = run({"--plugin", kMine, "--compare", "pool.kv.eviction=my_clock,lru"});
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_NE(both.out.find("my_clock"), std::string::npos);
}

TEST_F(Plugin, WhatIsNoneIsSaid) {
  const Output none = run({"--plugin", "none.so"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("none.so: error: can't open this plugin"), std::string::npos) << none.err;
  const Output unknown = run({"--set", "pool.kv.eviction=my_clock"});
  EXPECT_EQ(unknown.code, 2);
}

// A stranger's code may do anything to its process; ours says so and goes on.
TEST_F(Plugin, WhatEndsTheProcessIsAnError) {
  constexpr const char* kRude = KVERN_PLUGINS "/rude_policy.so";
  for (const auto& [how, said] :
       {std::pair("null", "gives nothing"), std::pair("crash", "was ended by signal 6"),
        std::pair("exit", "ended with code 0 and without its result")}) {
    setenv("RUDE", how, 1);
    const Output conform = program_.call({"conform", kRude});
    EXPECT_NE(conform.code, 0) << how;
    EXPECT_NE((conform.out + conform.err).find(said), std::string::npos) << conform.err;
    const Output rude = run({"--plugin", kRude});
    EXPECT_TRUE(rude.code == 2 || rude.code == 3) << how << rude.code;
    EXPECT_NE(rude.err.find(said), std::string::npos) << how << rude.err;
  }
  unsetenv("RUDE");
}

}  // namespace kvern
