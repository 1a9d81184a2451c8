// `kvern validate`: a case with its measurements, verdicts a row, and what they mean for the exit
// code.
#include <gtest/gtest.h>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using lab::Output;

// Three requests, far apart, at 1 ms a step: TTFT 1 ms, E2E = output ms, TPOT 1 ms.
constexpr const char* kTrace =
    "id,arrival_s,prompt,output,first_token_s,finish_s\n"
    "0,0.0,8,5,0.001,0.005\n"
    "1,1.0,8,9,1.002,1.009\n"
    "2,2.0,8,3,2.001,-1\n";

class Validate : public testing::Test {
 protected:
  // `more` is added to the case.
  std::string make(const std::string& name, const std::string& more) const {
    program_.write("requests.csv", kTrace);
    return program_.write(name, R"toml(
[case]
name = "three"
source = "by hand"
[workload]
trace = "requests.csv"
format = "csv"
import = { time = "arrival_s", prompt = "prompt", output = "output" }
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.kv]
blocks = 100
)toml" + more);
  }
  Output validate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "validate");
    arguments.insert(arguments.end(), {"--out", (program_.folder() / "out").string()});
    return program_.call(arguments);
  }
  const lab::Program& program() const { return program_; }

 private:
  lab::Program program_{KVERN_BINARY};
};

std::string measured(const std::string& rest) {
  return "[[measured]]\nfile = \"requests.csv\"\nkind = \"requests\"\n" + rest + "\n";
}

// The last request never finished in the file: two are compared, measured TTFT (1 + 2) / 2 ms.
TEST_F(Validate, ComparesWhatFinishedOnBothSides) {
  const Output run =
      validate({make("case.toml", measured("metric = \"ttft_ms\"\nstatistic = \"mean\"\n"
                                           "bar = \"34 %\"")),
                "--json"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("\"predicted\": 1, \"measured\": 1.5"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\"pairs\": 2"), std::string::npos) << run.out;
}

TEST_F(Validate, OutsideIsExitOneAndNoBarIsReported) {
  const Output run = validate(
      {make("case.toml", measured("metric = \"ttft_ms_mean\"\nbar = \"33 %\"") +
                             measured("metric = \"e2e_ms\"\ncolumn = \"finish_s - arrival_s\"\n"
                                      "statistic = \"exact\"\ngroup = \"prompt\""))});
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_NE(run.out.find("three: OUTSIDE"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("prompt = 8"), std::string::npos) << run.out;
}

// Five steps of one request each way: 1 ms apart, the third one 2 ms later.
TEST_F(Validate, ForcedSchedule) {
  program().write("steps.csv",
                  "start_s,end_s,kind,running\n0,0.001,prefill,1\n0.001,0.002,decode,1\n"
                  "0.002,0.005,decode,1\n0.005,0.006,decode,1\n0.006,0.007,decode,1\n");
  const std::string steps = "[[measured]]\nfile = \"steps.csv\"\nkind = \"steps\"\n";
  const Output run = validate(
      {make("case.toml", "[case.forced]\nfile = \"steps.csv\"\n" + steps +
                             "metric = \"duration_ms\"\ncolumn = \"end_s - start_s\"\nstatistic = "
                             "\"mape\"\nbar = \"0.001 %\"\n" +
                             steps + "metric = \"kind\"\nstatistic = \"exact\"\nbar = \"exact\"\n" +
                             steps +
                             "metric = \"sequences\"\ncolumn = \"running\"\nstatistic = "
                             "\"exact\"\nbar = \"exact\"\n")});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("5 equal"), std::string::npos) << run.out;
}

// 5 + 9 + 3 output tokens, in the seconds in which the requests came.
TEST_F(Validate, SeriesInBins) {
  program().write("rate.tsv", "time_s\ttok\n0\t5\n1\t9\n2\t4\n");
  const Output run =
      validate({make("case.toml",
                     "[[measured]]\nfile = \"rate.tsv\"\nkind = \"series\"\nmetric = "
                     "\"output_tokens_per_s\"\ncolumn = \"tok\"\nstatistic = \"total\"\n"),
                "--json"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("\"predicted\": 17, \"measured\": 18"), std::string::npos) << run.out;
}

TEST_F(Validate, ARunForEachRow) {
  program().write("rows.csv", "out,e2e_ms,kind\n4,4,a\n6,6,a\n8,8,b\n9,9,c\n");
  const Output run = validate({program().write("case.toml", R"toml(
[case]
[case.rows]
file = "rows.csv"
only = { kind = ["a", "b"] }
[case.rows.set]
"workload.lengths" = "constant(prompt=4, output={out})"
[workload]
arrivals = "constant(rate=1 req/s)"
requests = 2
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.kv]
blocks = 100
[[measured]]
kind = "rows"
metric = "e2e_ms_mean"
column = "e2e_ms"
statistic = "median"
group = "kind"
bar = "1 %"
)toml"),
                               "--json"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_NE(
      run.out.find(
          "\"error\": 0, \"bar\": \"1 %\", \"verdict\": \"ok\", \"known\": \"\", \"pairs\": 3"),
      std::string::npos)
      << run.out;
  EXPECT_NE(run.out.find("\"point\": \"kind = a\""), std::string::npos) << run.out;
}

// E2E by prompt group: 4 of 4 ms good, 6 of 12 ms half: the median of all three is 0 %.
constexpr const char* kHiddenGroup = R"toml(
[case]
name = "hidden"
[case.rows]
file = "rows.csv"
[case.rows.set]
"workload.lengths" = "constant(prompt=4, output={out})"
[workload]
arrivals = "constant(rate=1 req/s)"
requests = 2
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.kv]
blocks = 100
[[measured]]
kind = "rows"
metric = "e2e_ms_mean"
column = "e2e_ms"
statistic = "median"
name = "answer"
group = "kind"
bar = "1 %"
)toml";
constexpr const char* kHiddenRows = "out,e2e_ms,kind\n4,4,a\n6,12,b\n8,8,a\n";

TEST_F(Validate, AGroupOutsideDoesNotHideUnderTheMedianOfAll) {
  program().write("rows.csv", kHiddenRows);
  const Output run = validate({program().write("case.toml", kHiddenGroup)});
  EXPECT_EQ(run.code, 1) << run.out << run.err;
  EXPECT_NE(run.out.find("hidden: OUTSIDE"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("answer median [kind = b] (n=1)"), std::string::npos) << run.out;
}

TEST_F(Validate, AKnownMissSaysWhyAndDoesNotCount) {
  program().write("rows.csv", kHiddenRows);
  const std::string known =
      std::string(kHiddenGroup) + "known_groups = { b = \"its clock ran at half speed\" }\n";
  const Output run = validate({program().write("case.toml", known)});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("hidden: known"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("known: its clock ran at half speed"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("0 cases within their bars, 1 with known misses only, 0 outside"),
            std::string::npos)
      << run.out;
}

TEST_F(Validate, AKnownMissThatIsMetAgainIsSaid) {
  program().write("rows.csv", kHiddenRows);
  const std::string known = std::string(kHiddenGroup) +
                            "known_groups = { a = \"old\", b = \"its clock ran at half speed\" }\n";
  const Output run = validate({program().write("case.toml", known)});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("met again: its `known` can go (old)"), std::string::npos) << run.out;
}

TEST_F(Validate, AKnownMissNeedsABarAndAReason) {
  program().write("rows.csv", kHiddenRows);
  const Output empty = validate(
      {program().write("case.toml", std::string(kHiddenGroup) + "known_groups = { b = \"\" }\n")});
  EXPECT_EQ(empty.code, 2);
  EXPECT_NE(empty.err.find("\"b\" has no reason"), std::string::npos) << empty.err;
  const Output no_bar =
      validate({make("case.toml", measured("metric = \"ttft_ms_mean\"\nknown = \"why\""))});
  EXPECT_EQ(no_bar.code, 2);
  EXPECT_NE(no_bar.err.find("a known miss needs a bar"), std::string::npos) << no_bar.err;
}

// Every row of the file is there, with what its run set.
TEST_F(Validate, JsonHasTheRowsBehindEachLine) {
  program().write("rows.csv", kHiddenRows);
  const Output run = validate({program().write("case.toml", kHiddenGroup), "--json"});
  EXPECT_NE(run.out.find("\"rows\": ["), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\"group\": \"b\", \"row\": 2, \"predicted\": 6, \"measured\": 12, "
                         "\"unit\": \"ms\", \"error\": -0.5"),
            std::string::npos)
      << run.out;
  const Output requests =
      validate({make("three.toml", measured("metric = \"ttft_ms_mean\"")), "--json"});
  EXPECT_NE(requests.out.find("\"row\": 2, \"predicted\": 1, \"measured\": 2"), std::string::npos)
      << requests.out;
}

TEST_F(Validate, AbsentDataIsSkippedNotPassed) {
  const Output run = validate({make("case.toml",
                                    "[[measured]]\nfile = \"no/such.csv\"\nmetric = "
                                    "\"ttft_ms\"\n")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("three: skipped: no data at no/such.csv"), std::string::npos) << run.out;
  EXPECT_NE(
      run.out.find("0 cases within their bars, 0 with known misses only, 0 outside, 1 without "
                   "a verdict"),
      std::string::npos)
      << run.out;
}

TEST_F(Validate, EveryErrorOfEveryCaseAtOnce) {
  const Output run =
      validate({make("a.toml", measured("metric = \"tfft_ms\"\nbar = \"3 parrots\"")),
                make("b.toml", measured("metric = \"ttft_ms\"\ncolumn = \"first_s - arrival_s\"")),
                make("c.toml", "")});
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("a.toml:16:10: error: requests have no \"tfft_ms\"; did you mean"),
            std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("a.toml:17:7: error: bar"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("b.toml:17:10: error: "), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("has no column \"first_s\""), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("c.toml: error: nothing to compare"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace kvern
