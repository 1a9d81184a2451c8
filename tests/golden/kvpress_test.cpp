// What the prompt policies keep in SmolLM2-135M, against kvpress on the same weights and text:
// where Python has torch, transformers and kvpress, and `kvern models get smollm2-135m` has been
// run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {

TEST(KvpressSlow, KeepsTheSamePositions) {
  const std::string root = KVERN_ROOT;
  const std::string weights = root + "/build/models/smollm2-135m.h5";
  if (!std::filesystem::exists(weights)) GTEST_SKIP() << "kvern models get smollm2-135m first";
  const std::string command = "python3 -B " + root + "/tests/reference/kvpress_compare.py " +
                              KVERN_BINARY + " " + weights + " " + root +
                              "/traces/text/en-prose.txt --tokens 256";
  const int code = WEXITSTATUS(std::system(command.c_str()));
  if (code == 77 || code == 127) GTEST_SKIP() << "no Python with torch, transformers and kvpress";
  EXPECT_EQ(code, 0);
}

}  // namespace kvern
