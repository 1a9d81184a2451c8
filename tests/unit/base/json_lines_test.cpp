#include "sim/base/io/json_lines.h"

#include <gtest/gtest.h>

namespace kvern {
namespace {

TEST(JsonLine, ReadsNestedValuesAndKeepsNumbersAsWritten) {
  JsonLine line;
  ASSERT_TRUE(line.parse(R"({"t": 0.046926808, "ids": [3, 14, 15], "s": "a\"b\u00e4",
                             "in": {"n": 3.0, "z": null, "e": []}, "ok": true} )"))
      << line.error();
  const JsonValue root = line.root();
  EXPECT_EQ(root.size(), 5U);
  EXPECT_EQ(root.find("t").text(), "0.046926808");
  EXPECT_EQ(root.find("t").scaled(9), 46'926'808);
  EXPECT_EQ(root.find("t").integer(), std::nullopt);
  EXPECT_EQ(root.find("s").text(), "a\"bä");
  EXPECT_EQ(root.find("ok").text(), "true");
  EXPECT_EQ(root.find("in").find("n").integer(), 3);
  EXPECT_TRUE(root.find("in").find("z").absent());
  EXPECT_FALSE(root.find("in").find("e").first());
  EXPECT_FALSE(root.find("nothing"));
  std::vector<std::int64_t> ids;
  const JsonValue list = root.find("ids");
  for (JsonValue v = list.first(); v; v = list.next(v)) ids.push_back(v.integer().value());
  EXPECT_EQ(ids, (std::vector<std::int64_t>{3, 14, 15}));
}

TEST(JsonLine, RefusesWhatIsNotOneValue) {
  JsonLine line;
  for (const char* text : {"", "{", "{\"a\": }", "{\"a\": 1} x", "{\"a\": 1.}", "[1, 2", "nul",
                           "{\"a\": tru}", "{\"a\" 1}", "7 8"}) {
    EXPECT_FALSE(line.parse(text)) << text;
    EXPECT_FALSE(line.error().empty()) << text;
    EXPECT_FALSE(line.root()) << text;
  }
  EXPECT_TRUE(line.parse("[]"));  // and goes on afterwards
}

}  // namespace
}  // namespace kvern
