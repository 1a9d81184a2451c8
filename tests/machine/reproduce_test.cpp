// `kvern reproduce`: verdicts a row, and what they mean for the exit code.
#include <gtest/gtest.h>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using lab::Output;

class Reproduce : public testing::Test {
 protected:
  // Ten requests; `more` is added to the file.
  std::string paper(const std::string& name, const std::string& more) const {
    return program_.write(name, R"toml(
[paper]
title = "Ten requests"
id = "none"
[workload]
arrivals = "poisson(rate=50 req/s)"
lengths = "azure2023_conversation"
requests = 10
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 2000
)toml" + more);
  }
  std::string write(const std::string& name, const std::string& text) const {
    return program_.write(name, text);
  }
  Output reproduce(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "reproduce");
    arguments.insert(arguments.end(), {"--out", (program_.folder() / "out").string()});
    return program_.call(arguments);
  }

 private:
  lab::Program program_{KVERN_BINARY};
};

constexpr const char* kHit =
    "[[expect]]\nmetric = \"requests_finished\"\nvalue = 10\nsource = \"ours\"\n";
constexpr const char* kMiss = "[[expect]]\nmetric = \"requests_finished\"\nvalue = 11\n";

}  // namespace

TEST_F(Reproduce, ShowsEachVerdict) {
  const Output good = reproduce({paper("hit.toml", kHit)});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("hit: Ten requests (none)\n"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("  ok    requests_finished = 10"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("\n1 of 1 reproduced, 0 more but for known misses, 0 without"),
            std::string::npos);
}

TEST_F(Reproduce, AMissIsAMissBesideAHit) {
  const Output both = reproduce({paper("hit.toml", kHit), paper("miss.toml", kMiss)});
  EXPECT_EQ(both.code, 1) << both.err;
  EXPECT_NE(both.out.find("  ok    requests_finished = 10"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("  MISS  requests_finished = 10"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("\n1 of 2 reproduced, 0 more but for known misses, 0 without"),
            std::string::npos);
  const Output json = reproduce({paper("miss.toml", kMiss), "--json"});
  EXPECT_EQ(json.code, 1);
  EXPECT_NE(json.out.find("\"expected\": 11, \"got\": 10, \"tolerance\": 0"), std::string::npos)
      << json.out;
}

TEST_F(Reproduce, AKnownMissIsShownWithItsReasonAndDoesNotCount) {
  const std::string known = std::string(kMiss) + "known = \"one was eaten by the dog\"\n";
  const Output run = reproduce({paper("known.toml", std::string(kHit) + known)});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("  known requests_finished = 10"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("a known miss: one was eaten by the dog"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\n0 of 1 reproduced, 1 more but for known misses"), std::string::npos);
  const Output json = reproduce({paper("known.toml", known), "--json"});
  EXPECT_NE(json.out.find("\"verdict\": \"known\", \"known\": \"one was"), std::string::npos)
      << json.out;
  // Met again: it is said, and a new miss beside it still counts.
  const Output again =
      reproduce({paper("again.toml", std::string(kHit) + "known = \"no longer\"\n" + kMiss)});
  EXPECT_EQ(again.code, 1) << again.err;
  EXPECT_NE(again.out.find("met again, so its `known` can go"), std::string::npos) << again.out;
}

TEST_F(Reproduce, AbsentDataDoesNotCount) {
  const Output absent = reproduce({write("absent.toml", "[workload]\ntrace = \"no/such.csv\"\n")});
  EXPECT_EQ(absent.code, 0) << absent.err;
  EXPECT_EQ(absent.out,
            "absent: needs no/such.csv\n0 of 0 reproduced, 0 more but for known misses, 1 without "
            "their data\n");
}

TEST_F(Reproduce, WhatCannotRunIsAnError) {
  const Output unknown = reproduce({"no_such_paper"});
  EXPECT_EQ(unknown.code, 2);
  const Output empty = reproduce({paper("empty.toml", "")});
  EXPECT_EQ(empty.code, 2);
  EXPECT_NE(empty.err.find("nothing to reproduce"), std::string::npos) << empty.err;
}

}  // namespace kvern
