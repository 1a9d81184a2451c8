#include "sim/base/config/config.h"

#include <gtest/gtest.h>

#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

std::string table_of(std::string_view text) {
  Issues issues;
  const Config policy = parse_policy(text, {"a.toml", 4, 10}, issues);
  EXPECT_EQ(issues.text(), "");
  return toml_text(policy);
}

std::string issues_of(std::string_view text) {
  Issues issues;
  EXPECT_TRUE(parse_policy(text, {"a.toml", 4, 10}, issues).members.empty());
  return issues.text();
}

}  // namespace

TEST(ParsePolicy, ValuesAreBare) {
  EXPECT_EQ(table_of("lru"), "{ policy = \"lru\" }");
  EXPECT_EQ(table_of(" lru ( ) "), "{ policy = \"lru\" }");
  EXPECT_EQ(table_of("h2o(heavy=3, share = 0.5, on=true, variant=B, name=\"a, b\")"),
            "{ policy = \"h2o\", heavy = 3, share = 0.5, on = true, variant = \"B\", "
            "name = \"a, b\" }");
  EXPECT_EQ(table_of("affine(a=5 ms, b=-2, c=12.7 us)"),
            "{ policy = \"affine\", a = \"5 ms\", b = -2, c = \"12.7 us\" }");
  EXPECT_EQ(table_of("steps(at=[1 s, 2 s], rates=[1, 2.5])"),
            "{ policy = \"steps\", at = [\"1 s\", \"2 s\"], rates = [1, 2.5] }");
}

TEST(ParsePolicy, APositionalArgumentIsAWrappedPolicy) {
  EXPECT_EQ(table_of("ttl(slru(share=0.5), after=10 min)"),
            "{ policy = \"ttl\", wrapped = { policy = \"slru\", share = 0.5 }, "
            "after = \"10 min\" }");
}

// Columns count from the place of the text: "lru(a=1" stands at 10, its "(" at 13.
TEST(ParsePolicy, ErrorsPointIntoTheText) {
  const std::string hint = "; a policy is written \"name\" or \"name(key=value, ...)\"\n";
  EXPECT_EQ(issues_of("lru(a=1"), "a.toml:4:13: error: this \"(\" is never closed" + hint);
  EXPECT_EQ(issues_of("lru(a=1) x"), "a.toml:4:19: error: unexpected \"x\" after \")\"" + hint);
  EXPECT_EQ(issues_of("lru(a=1, a=2)"), "a.toml:4:19: error: the key \"a\" is given twice" + hint);
  EXPECT_EQ(issues_of("lru(a=)"), "a.toml:4:14: error: the key \"a\" has no value" + hint);
  EXPECT_EQ(issues_of(""), "a.toml:4:10: error: expected the name of a policy" + hint);
}

TEST(ParsePolicy, KeysKnowTheirPlace) {
  Issues issues;
  const Config policy = parse_policy("lru(a=1, bb=2)", {"a.toml", 4, 10}, issues);
  ASSERT_EQ(policy.members.size(), 3U);
  EXPECT_EQ(policy.members[2].where.column, 19);        // "bb"
  EXPECT_EQ(policy.members[2].value.where.column, 22);  // "2"
}

}  // namespace kvern
