#include "sim/base/io/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "sim/base/config/decimal.h"

namespace kvern {
namespace {

using testing::ElementsAre;

TEST(Csv, QuotesLineEndsAndShortRecords) {
  const std::string path = testing::TempDir() + "kvern_csv_" + std::to_string(getpid());
  std::ofstream(path) << "Timestamp,Request tokens,note\r\n1,2,\"a, \"\"b\"\"\"\r\n\r\n"
                         "3,4,\"two\r\nlines\"\r\n5,\r\n6,,";
  ByteSource source(path);
  CsvReader csv(source);
  EXPECT_THAT(csv.header(), ElementsAre("Timestamp", "Request tokens", "note"));
  EXPECT_EQ(csv.column("note"), 2U);
  EXPECT_EQ(csv.column("Note"), std::nullopt);
  std::vector<std::string> seen;
  while (csv.next()) {
    seen.push_back(std::to_string(csv.line()) + "|" + std::string(csv.field(0)) + "|" +
                   std::string(csv.field(1)) + "|" + std::string(csv.field(2)));
  }
  EXPECT_THAT(seen, ElementsAre("2|1|2|a, \"b\"", "4|3|4|two\nlines", "6|5||", "7|6||"));
}

TEST(Decimal, ExactAtAnyScale) {
  EXPECT_EQ(scaled_decimal("1.5", 9), 1'500'000'000);
  EXPECT_EQ(scaled_decimal("0.1", 9), 100'000'000);
  EXPECT_EQ(scaled_decimal("-2.0000000005", 9), -2'000'000'001);  // halves away from zero
  EXPECT_EQ(scaled_decimal("2.00000000049", 9), 2'000'000'000);
  EXPECT_EQ(scaled_decimal("1.0460000000000003e-05", 9), 10'460);
  EXPECT_EQ(scaled_decimal("12e3", 0), 12'000);
  EXPECT_EQ(scaled_decimal(".5", 1), 5);
  EXPECT_EQ(scaled_decimal("5.", 1), 50);
  EXPECT_EQ(scaled_decimal("0.04", 0), 0);
  EXPECT_EQ(scaled_decimal("0.6", 0), 1);
  EXPECT_EQ(scaled_decimal("0.006", 0), 0);
  EXPECT_EQ(scaled_decimal("9223372036854775807", 0), INT64_MAX);
  EXPECT_EQ(scaled_decimal("0e99", 9), 0);
  for (const char* text : {"", "-", ".", "1.2.3", "1x", "e5", "1e", "nan", "9223372036854775808"}) {
    EXPECT_EQ(scaled_decimal(text, 0), std::nullopt) << text;
  }
  EXPECT_EQ(scaled_decimal("9223372037", 9), std::nullopt);  // 292 years of ns
}

}  // namespace
}  // namespace kvern
