// GPU data files: all of models/hardware can be read, and what nobody measured stays unknown.
#include "models/hardware_file.h"
#include "tests/roots.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

std::string text_of(const std::string& name) {
  std::ifstream file(KVERN_ROOT "/models/hardware/" + name + ".toml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<HardwareSpec> read(const std::string& text, Issues& issues) {
  const auto file = read_toml_text(text, "x.toml", issues);
  return file ? read_hardware(*file, "x", issues) : std::nullopt;
}

TEST(HardwareFile, EveryFileIsSound) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(KVERN_ROOT "/models/hardware")) {
    if (entry.path().extension() != ".toml") continue;  // tables of measured costs stand beside
    Issues issues;
    const auto h = read(text_of(entry.path().stem().string()), issues);
    ASSERT_TRUE(h) << entry.path() << "\n" << issues.text();
    // Clocks lie on the 15 MHz grid of the power model.
    EXPECT_EQ(static_cast<int>(h->base_clock_mhz) % 15, 0) << entry.path();
    EXPECT_EQ(static_cast<int>(h->lowest_clock_mhz) % 15, 0) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 12);
}

// What nobody looked up is a guess, and says so.
TEST(HardwareFile, NothingIsFromMemory) {
  for (const char* folder : {"/models", "/scenarios"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(KVERN_ROOT) + folder)) {
      if (entry.path().extension() != ".toml") continue;
      std::ifstream file(entry.path());
      std::ostringstream text;
      text << file.rdbuf();
      EXPECT_EQ(text.str().find("from memory"), std::string::npos) << entry.path();
    }
  }
}

TEST(HardwareFile, ReadsTheH100) {
  Issues issues;
  const auto h = read(text_of("h100_sxm"), issues);
  ASSERT_TRUE(h) << issues.text();
  EXPECT_DOUBLE_EQ(h->bf16_flops, 989e12);
  EXPECT_DOUBLE_EQ(h->memory_bytes_per_second, 3350e9);
  EXPECT_EQ(h->memory_bytes, 81079LL << 20);
  EXPECT_DOUBLE_EQ(h->context_watts->value, 126);
  EXPECT_DOUBLE_EQ(h->gemm_joules_per_flop->value, 1.27e-12);
  EXPECT_DOUBLE_EQ(h->joules_per_hbm_byte->high, 160e-12);
  EXPECT_NEAR(h->kernel_seconds.value, 1.8e-6, 1e-15);
}

TEST(HardwareFile, AbsentIsUnknownNotZero) {
  Issues issues;
  const auto h = read(text_of("rtx4090"), issues);
  ASSERT_TRUE(h) << issues.text();
  EXPECT_FALSE(h->context_watts);
  EXPECT_FALSE(h->joules_per_hbm_byte);
  EXPECT_FALSE(h->nvlink_bytes_per_second);
}

TEST(HardwareFile, ReportsWhatIsWrong) {
  const auto issues_with = [](const std::string& from, const std::string& to) {
    std::string text = text_of("h100_sxm");
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    Issues issues;
    EXPECT_FALSE(read(text, issues)) << to;
    return issues.text();
  };
  EXPECT_NE(issues_with("sm_count", "sm_cuont").find("did you mean \"sm_count\""),
            std::string::npos);
  EXPECT_NE(issues_with("\"700 W\"", "700").find("unit"), std::string::npos);
  EXPECT_NE(issues_with("value = 0.8,", "value = 0.99,").find("outside low .. high"),
            std::string::npos);
  EXPECT_NE(issues_with("memory = {", "memori = {").find("\"memory\""), std::string::npos);
}

}  // namespace
}  // namespace kvern
