#include "sim/base/config/quantity.h"

#include <gtest/gtest.h>

namespace kvern {
namespace {

Quantity parsed(std::string_view text) {
  std::string why;
  const auto quantity = parse_quantity(text, why);
  EXPECT_TRUE(quantity.has_value()) << text << ": " << why;
  return quantity.value_or(Quantity{});
}

std::string refused(std::string_view text) {
  std::string why;
  EXPECT_FALSE(parse_quantity(text, why).has_value()) << text;
  return why;
}

}  // namespace

// 12.7 us = 12,700 ns: as doubles, 12.7 * 1000 = 12699.999...
TEST(Quantity, DecimalTextIsExact) {
  EXPECT_EQ(whole_in(parsed("12.7 us"), "ns"), 12'700);
  EXPECT_EQ(whole_in(parsed("0.001us"), "ns"), 1);
  EXPECT_EQ(whole_in(parsed("1e-3 s"), "ns"), 1'000'000);
  EXPECT_EQ(whole_in(parsed("1 h"), "ns"), 3'600'000'000'000);
  EXPECT_EQ(whole_in(parsed("4 GiB"), "B"), 4'294'967'296);
  EXPECT_EQ(whole_in(parsed("0.5 ns"), "ns"), std::nullopt);
}

TEST(Quantity, ProductsAndQuotientsOfUnits) {
  EXPECT_EQ(value_in(parsed("50 GB/s"), "B/s"), 50e9);
  EXPECT_EQ(value_in(parsed("56 g/kWh"), "g/kWh"), 56);
  EXPECT_EQ(value_in(parsed("0.056 kg/kWh"), "g/kWh"), 56);
  EXPECT_EQ(value_in(parsed("137 pJ/B"), "J/B"), 137e-12);
  EXPECT_EQ(value_in(parsed("90 req/min"), "req/s"), 1.5);
  EXPECT_EQ(value_in(parsed("2 kW*h"), "kWh"), 2);
  EXPECT_EQ(value_in(parsed("3600 J"), "Wh"), 1);
  EXPECT_EQ(value_in(parsed("1.41 GHz"), "MHz"), 1410);
  EXPECT_EQ(value_in(parsed("20 %"), "%"), 20);
  EXPECT_EQ(value_in(parsed("989.4 TFLOP/s"), "FLOP/s"), 989.4e12);
}

TEST(Quantity, KindsDiffer) {
  EXPECT_TRUE(parsed("1 W").same_kind(parse_unit("J/s")));
  EXPECT_FALSE(parsed("1 W").same_kind(parse_unit("J")));
  EXPECT_FALSE(parsed("1 req/s").same_kind(parse_unit("Hz")));
}

TEST(Quantity, SaysWhatIsWrong) {
  EXPECT_EQ(refused("500"), "it has no unit");
  EXPECT_EQ(refused("fast"), "it does not start with a number");
  EXPECT_EQ(refused("500 KB"), "unknown unit \"KB\"; did you mean \"kB\"?");
  EXPECT_EQ(refused("5 GB/"), "a unit is missing");
  EXPECT_EQ(refused("1e99 TB"), "it is too large");
  for (const char* text : {"__5 s", "5_ s", "5__0 s", "_5 s", "5._5 s"}) {
    EXPECT_EQ(refused(text), "an underscore stands between two digits") << text;
  }
}

// What is written back reads as the same value.
TEST(Quantity, ShortestSpelling) {
  EXPECT_EQ(quantity_text(std::int64_t{5'000'000}, "ns"), "5 ms");
  EXPECT_EQ(quantity_text(std::int64_t{90'000'000'000}, "ns"), "90 s");
  EXPECT_EQ(quantity_text(std::int64_t{12'700}, "ns"), "12700 ns");
  EXPECT_EQ(quantity_text(std::int64_t{0}, "ns"), "0 ns");
  EXPECT_EQ(quantity_text(std::int64_t{4'294'967'296}, "B"), "4 GiB");
  EXPECT_EQ(quantity_text(50e9, "B/s"), "50 GB/s");
  EXPECT_EQ(quantity_text(700.0, "W"), "700 W");
  EXPECT_EQ(quantity_text(137e-12, "J/B"), "137 pJ/B");
  EXPECT_EQ(quantity_text(5.5, "req/s"), "5.5 req/s");
}

}  // namespace kvern
