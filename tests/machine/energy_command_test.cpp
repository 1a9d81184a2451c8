// `kvern run --audit` and `--band` as their users meet them.
#include <gmock/gmock.h>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using testing::HasSubstr;

constexpr const char* kScenario =
    "[workload]\narrivals = \"poisson(rate=3 req/s)\"\nlengths = \"constant(prompt=800, "
    "output=30)\"\n"
    "requests = 60\n[[pool]]\nhardware = \"h100_sxm\"\nmodel = \"llama-3.1-8b\"\n"
    "[pool.kv]\nprefix_cache = false\n[energy]\nhost = \"xeon_gold\"\npue = 1.2\ngrid = \"FRA\"\n";

TEST(EnergyCommand, AnAuditIsATableOfPartsAndPhases) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("a.toml", kScenario);
  const lab::Output output = program.run(file, {"--audit"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("the rest is shared by token_share"));
  EXPECT_THAT(output.out, HasSubstr("  kv_read"));
  EXPECT_THAT(output.out, HasSubstr("100.00 %"));
  // Without work there is nothing to audit, and it says so.
  const lab::Output unknown = program.run(file, {"--audit", "--set", "pool.step_cost=affine"});
  EXPECT_THAT(unknown.out, HasSubstr("audit: joules are unknown"));
}

TEST(EnergyCommand, ABandIsTheSameEveryTimeAndRanksPoints) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("b.toml", kScenario);
  const std::vector<std::string> more = {"--band", "80",        "--draws",
                                         "4",      "--compare", "pool.tensor_parallel=1,2"};
  const lab::Output first = program.run(file, more);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("the middle 80 % of 4 draws"));
  EXPECT_THAT(first.out, HasSubstr("J/token (GPU boards)"));
  // Four draws cannot turn this around: two boards draw more for a token than one does.
  EXPECT_THAT(first.out, HasSubstr("pool.tensor_parallel=1 beats pool.tensor_parallel=2 in 100 %"));
  EXPECT_EQ(program.run(file, more).out, first.out);
  EXPECT_EQ(program.run(file, {"--band", "0"}).code, 2);
}

TEST(EnergyCommand, AMeterShowsTheSameJoulesOverManySeconds) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("m.toml", kScenario);
  const lab::Output output = program.run(
      file, {"--json", "--set", "energy.meter=average", "--set", "energy.meter_gain=1.05"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("\"meter_error_share\": 0.0"));  // 5 %, and edges
  const lab::Output refused =
      program.run(file, {"--set", "energy.meter=instant", "--set", "pool.hardware=l40s"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("nobody measured the instant meter of l40s"));
}

}  // namespace
}  // namespace kvern
