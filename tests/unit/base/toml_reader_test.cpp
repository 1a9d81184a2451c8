#include "scenarios/program/read/toml_reader.h"

#include <gtest/gtest.h>

#include "sim/base/config/toml_text.h"

namespace kvern {

TEST(TomlReader, KeepsPlacesAndTheOrderOfTheFile) {
  Issues issues;
  const auto config = read_toml_text(
      "zeta = 1\nalpha = \"x\"\n[[pool]]\n  kv = { b = 2, a = 3 }\n[[pool]]\n[pool.kv]\nc = 1.5\n",
      "a.toml", issues);
  ASSERT_TRUE(config.has_value()) << issues.text();
  EXPECT_EQ(
      toml_text(*config),
      "{ zeta = 1, alpha = \"x\", pool = [{ kv = { b = 2, a = 3 } }, { kv = { c = 1.5 } }] }");
  EXPECT_EQ(config->find("alpha")->where.line, 2);
  EXPECT_EQ(config->find("alpha")->where.column, 9);
  const Config& first = config->find("pool")->items[0];
  EXPECT_EQ(first.members[0].where.column, 3);
  EXPECT_EQ(first.where.line, 3);
  EXPECT_EQ(config->find("pool")->items[1].find("kv")->where.line, 6);
}

TEST(TomlReader, ASyntaxErrorStandsAlone) {
  Issues issues;
  EXPECT_FALSE(read_toml_text("a = 1\nb = = 2\nc = [1,\n", "a.toml", issues).has_value());
  ASSERT_EQ(issues.all().size(), 1U);
  EXPECT_EQ(issues.all()[0].where.line, 2);
  EXPECT_EQ(issues.all()[0].where.column, 5);
}

TEST(TomlReader, AMissingFileIsAnIssue) {
  Issues issues;
  EXPECT_FALSE(read_toml("no/such.toml", issues).has_value());
  EXPECT_EQ(issues.text(),
            "no/such.toml: error: can't read this file: No such file or directory\n");
}

TEST(TomlReader, ValuesOfTheCommandLine) {
  const Location where{"--set", 0, 0};
  EXPECT_EQ(toml_text(read_toml_value("2000", where)), "2000");
  EXPECT_EQ(toml_text(read_toml_value("[1, 2]", where)), "[1, 2]");
  EXPECT_EQ(toml_text(read_toml_value("\"5 ms\"", where)), "\"5 ms\"");
  EXPECT_EQ(toml_text(read_toml_value("5 ms", where)), "\"5 ms\"");
  EXPECT_EQ(toml_text(read_toml_value("ttl(lru, after=10 min)", where)),
            "\"ttl(lru, after=10 min)\"");
  EXPECT_EQ(toml_text(read_toml_value("1\nb = 2", where)), "\"1\\u000Ab = 2\"");
}

}  // namespace kvern
