// House rules that a compiler does not check: sizes, names, and what may never reach a result.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "tests/tidy/source_tree.h"

namespace kvern::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kLineColumns = 100;
constexpr std::size_t kProductLines = 400;
constexpr std::size_t kTestLines = 500;
// HDF5 is visible in this one file, which outweighs its length.
constexpr std::string_view kMayBeLonger = "sim/base/io/hdf5/table_file.cpp";

// UTF-8 continuation bytes take no column.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string> too_long(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    const std::size_t limit = file.path.starts_with("tests/") ? kTestLines : kProductLines;
    if (file.lines.size() > limit && file.path != kMayBeLonger) {
      offending.push_back(file.path + ": " + std::to_string(file.lines.size()) + " lines");
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (columns(file.lines[i]) > kLineColumns) offending.push_back(at(file, i));
    }
  }
  return offending;
}

// Their results differ between C libraries, or between runs.
constexpr std::array kUnrepeatable = {"std::random_device", "std::rand", "std::srand", "std::hash"};
constexpr std::array kLibm = {"exp",    "exp2",   "expm1", "log",  "log2", "log10",
                              "log1p",  "pow",    "sin",   "cos",  "tan",  "asin",
                              "acos",   "atan",   "sinh",  "cosh", "tanh", "atan2",
                              "lgamma", "tgamma", "erf",   "erfc", "cbrt", "hypot"};
// The test of what replaces libm compares the two.
constexpr std::array kMayCallLibm = {"tests/unit/base/exact_math_test.cpp"};
// Inside namespace kvern::exact, where a bare log( is our own.
bool is_exact_math(std::string_view path) { return path.starts_with("sim/base/exact_"); }

// A call of libm's `name`: std::name( or ::name(, and a bare name( where that isn't `bare_is_ours`;
// but not x.name(, x->name( or exact::name(.
bool calls(std::string_view code, std::string_view name, bool bare_is_ours) {
  const std::string call = std::string(name) + "(";
  for (std::size_t i = code.find(call); i != std::string_view::npos; i = code.find(call, i + 1)) {
    const std::string_view before = code.substr(0, i);
    if (before.ends_with("std::") || before.ends_with(" ::")) return true;
    if (bare_is_ours) continue;
    if (before.empty() || std::string_view(" (+-*/!,<=;{").find(before.back()) != before.npos) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> unrepeatable(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    const bool libm_allowed =
        std::find(kMayCallLibm.begin(), kMayCallLibm.end(), file.path) != kMayCallLibm.end();
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      const std::string& code = file.code[i];
      const auto stands_here = [&](const char* word) { return has_word(code, word); };
      const auto is_called = [&](const char* name) {
        return calls(code, name, is_exact_math(file.path));
      };
      if (std::any_of(kUnrepeatable.begin(), kUnrepeatable.end(), stands_here) ||
          (code.find("std::") != code.npos && code.find("_distribution") != code.npos) ||
          (!libm_allowed && std::any_of(kLibm.begin(), kLibm.end(), is_called))) {
        offending.push_back(at(file, i));
      }
    }
  }
  return offending;
}

std::vector<std::string> unfinished(const std::vector<SourceFile>& files) {
  // In two halves, so that this line is not one of them.
  const std::array marks = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& mark : marks) {
        if (has_word(file.lines[i], mark)) offending.push_back(at(file, i));
      }
    }
  }
  return offending;
}

// No macros; the tests' roots come from the build.
std::vector<std::string> macros(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      if (file.code[i].starts_with("#define")) offending.push_back(at(file, i));
    }
  }
  return offending;
}

bool is_snake_case(std::string_view path) {
  return path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_/.") == path.npos;
}

std::vector<std::string> bad_names(const std::vector<SourceFile>& files) {
  std::vector<std::string> offending;
  for (const SourceFile& file : files) {
    const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
    bool bad = !is_snake_case(file.path);
    for (const char* vague : {"util", "helper", "manager", "handler", "impl"}) {
      bad = bad || name.find(vague) != name.npos;
    }
    if (bad) offending.push_back(file.path);
  }
  return offending;
}

TEST(House, FilesAndLinesAreShort) { EXPECT_THAT(too_long(all_files()), IsEmpty()); }
TEST(House, NothingUnrepeatable) { EXPECT_THAT(unrepeatable(all_files()), IsEmpty()); }
TEST(House, NothingUnfinished) { EXPECT_THAT(unfinished(all_files()), IsEmpty()); }
TEST(House, NoMacros) { EXPECT_THAT(macros(all_files()), IsEmpty()); }
TEST(House, FileNamesAreTheFieldsNouns) { EXPECT_THAT(bad_names(all_files()), IsEmpty()); }

TEST(House, HeadersAreIncludedOnce) {
  for (const SourceFile& file : all_files()) {
    if (!file.path.ends_with(".h")) continue;
    EXPECT_THAT(file.lines, ::testing::Contains("#pragma once")) << file.path;
  }
}

TEST(House, LongFilesAndLinesAreFound) {
  const std::string wide(101, 'x');
  std::string e_acute_100_times;
  for (int i = 0; i < 100; ++i) e_acute_100_times += "\xC3\xA9";
  std::string tall;
  for (int i = 0; i < 401; ++i) tall += "\n";
  EXPECT_THAT(too_long({source_file("sim/a.cpp", "short\n" + wide + "\n" + e_acute_100_times)}),
              ElementsAre("sim/a.cpp:2: " + wide));
  EXPECT_THAT(too_long({source_file("sim/a.cpp", tall)}), ElementsAre("sim/a.cpp: 401 lines"));
  EXPECT_THAT(too_long({source_file("tests/unit/a_test.cpp", tall)}), IsEmpty());
}

TEST(House, UnrepeatableCallsAreFound) {
  const auto count = [](const char* line) {
    return unrepeatable({source_file("sim/a.cpp", line)}).size();
  };
  for (const char* bad : {"x = std::pow(a, b);", "x = ::exp(a);", "return log(x);", "x = 2*sin(y);",
                          "std::normal_distribution<double> d;", "std::random_device seed;"}) {
    EXPECT_EQ(count(bad), 1U) << bad;
  }
  for (const char* good :
       {"x = exact::pow(a, b);", "file.log(x);", "catalog(x);", "// std::pow(a, b)",
        "text = \"log(x)\";", "auto log = 1;", "R\"(x = exp(2))\""}) {
    EXPECT_EQ(count(good), 0U) << good;
  }
  EXPECT_THAT(
      unrepeatable({source_file("sim/base/exact_math.cpp", "y = exp(x);\nz = std::exp(x);")}),
      ElementsAre("sim/base/exact_math.cpp:2: z = std::exp(x);"));
}

TEST(House, OtherOffencesAreFound) {
  const std::string mark = std::string("// TO") + "DO: later\n";
  EXPECT_THAT(unfinished({source_file("sim/a.cpp", mark)}), SizeIs(1));
  EXPECT_THAT(macros({source_file("sim/a.cpp", "#define MAX 1\n")}), SizeIs(1));
  EXPECT_THAT(bad_names({source_file("sim/pool_utils.h", ""), source_file("sim/Pool.h", ""),
                         source_file("sim/kv_pool.h", "")}),
              SizeIs(2));
}

}  // namespace
}  // namespace kvern::tidy
