// Stated limits: what is too deep, too long or too many is a user error with its place, at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/program.h"

namespace kvern {
namespace {

using lab::kSmall;
using lab::Output;
using testing::HasSubstr;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

class Limits : public testing::Test {
 protected:
  // The scenario with more lines at its end.
  Output run(const std::string& more, const std::vector<std::string>& arguments = {}) const {
    return program_.run(program_.write("small.toml", kSmall + more), arguments);
  }
  void refuses(const Output& output, const std::string& what) const {
    EXPECT_EQ(output.code, 2) << what;
    EXPECT_THAT(output.err, HasSubstr(what));
  }
  lab::Program program_{KVERN_BINARY};
};

TEST_F(Limits, OfAScenariosText) {
  refuses(run("a" + repeated(".a", 20'000) + " = 1\n"), ":10:64: error: this dotted key has too");
  refuses(run("[" + repeated("a.", 20'000) + "a]\n"), ":10:65: error: this dotted key has too");
  refuses(run(std::string(2'000, 'k') + " = 1\n"),
          ":10:1001: error: this key has too many letters");
  refuses(run("x = " + repeated("[", 100'000) + repeated("]", 100'000)), ":10:");
  refuses(run("# " + std::string(5 << 20, 'x') + "\n"), "it has more than 4194304 bytes");
  refuses(run("", {"--set", repeated("a.", 20'000) + "a=1"}), "more than 32 parts");
  refuses(program_.run("/dev/zero", {}), "this is a device");
  // A long text in quotes, of one line or several, is no key.
  const std::string note = "[case]\nnote = \"\"\"" + repeated("a. b. c.\n", 300) +
                           repeated("x", 2'000) + "\"\"\"\nsource = '" + repeated("x.", 900) +
                           "'\n";
  EXPECT_EQ(run(note).code, 0);
}

TEST_F(Limits, OfASweep) {
  std::string values = "1";
  for (int i = 2; i <= 200; ++i) values += ", " + std::to_string(i);
  const std::string three = "[[sweep]]\nkey = \"seed\"\nvalues = [" + values +
                            "]\n[[sweep]]\nkey = \"pool.kv.blocks\"\nvalues = [" + values +
                            "]\n[[sweep]]\nkey = \"workload.requests\"\nvalues = [" + values +
                            "]\n";
  refuses(run(three), "the sweep has too many points; 4096 at most");
  refuses(run("", {"--compare", "seed=1,1"}), "\"seed\" is to be 1 twice");
  refuses(run("", {"--compare", "slo.ttft=5 s,5000 ms"}), "two points are the same run");
}

TEST_F(Limits, OfKeys) {
  refuses(run("", {"--set", "pool=[]"}), "there is no [[pool]]");
  refuses(run("[records]\nbucket = \"1 ns\"\n"),
          "this bucket is too short; \"1 ms\" is the shortest");
  refuses(run("", {"--set", "records.bucket=1 ms", "--set", "workload.requests=3", "--set",
                   "workload.arrivals=constant(rate=0.00001 req/s)"}),
          "records.bucket: the run is longer than 16777216 time buckets");
  refuses(run("[slo]\nttft = \"__5 s\"\n"), "an underscore stands between two digits");
  refuses(run("[slo]\nttft = \"1e30 d\"\n"), "it is too large");
  refuses(run("", {"--band", "nan"}), "\"nan\" is not a number");
  refuses(program_.call({"run", program_.write("small.toml", kSmall), "--out", ""}),
          "the name of a folder is missing");
  std::string pools;
  for (int i = 0; i < 300; ++i) {
    pools += "[[pool]]\nname = \"p" + std::to_string(i) + "\"\nstep_cost = \"affine\"\n";
  }
  refuses(run(pools), "more than 256 pools");
}

TEST_F(Limits, OfATrace) {
  const auto info = [&](const std::string& text) {
    return program_.call(
        {"trace", "info", program_.write("t.jsonl", text), "--format", "mooncake"});
  };
  const std::string row = "{\"timestamp\":0,\"input_length\":1,\"output_length\":1,\"x\":";
  refuses(info(row + repeated("[", 100'000) + repeated("]", 100'000) + "}\n"),
          "more than 64 lists and objects within each other");
  const Output line = info(row + "\"" + std::string(20 << 20, 'a') + "\"}\n");
  EXPECT_EQ(line.code, 3);
  EXPECT_THAT(line.err, HasSubstr("line 1 has more than 16777216 bytes"));
  std::string keys = "{\"timestamp\":0,\"input_length\":1,\"output_length\":1";
  for (int i = 0; i < 20'000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  const Output many = info(keys + "}\n");
  EXPECT_EQ(many.code, 0);
  EXPECT_THAT(many.err, HasSubstr("further keys are not used either"));
  const std::string trace =
      program_.write("t.csv", "arrival_ns,prompt_tokens,output_tokens\n0,10,3\n");
  refuses(program_.call({"trace", "head", trace, "-n", "-5"}), "\"-5\" is not a number of rows");
}

TEST_F(Limits, AFolderIsNoScenario) {
  program_.write("a.toml", kSmall);
  program_.write("b.toml", kSmall);
  const Output folder = program_.run(program_.folder().string(), {});
  refuses(folder, program_.folder().string() + ": error: this is a folder");
  EXPECT_THAT(folder.err, HasSubstr("name one file: a.toml, b.toml"));
}

}  // namespace
}  // namespace kvern
