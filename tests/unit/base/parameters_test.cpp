#include "sim/base/config/parameters.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/toml_reader.h"
#include "sim/base/config/policy_table.h"
#include "sim/base/time.h"

namespace kvern {
namespace {

Config config_of(const std::string& text) {
  Issues issues;
  auto config = read_toml_text(text, "a.toml", issues);
  EXPECT_EQ(issues.text(), "");
  return config.value_or(Config{});
}

// Reads one key of `text` by `read`, which gets the top level's Parameters; answers the issues.
template <class Read>
std::string issues_of(const std::string& text, Read read) {
  const Config config = config_of(text);
  Issues issues;
  Parameters p(&config, "", issues);
  read(p);
  p.finish();
  return issues.text();
}

struct Wrapping {
  std::unique_ptr<Wrapping> inner;
  std::int64_t size = 0;
};

const PolicyTable<Wrapping>& wrapping_table() {
  static const PolicyTable<Wrapping> table = {
      {"leaf",
       [](Parameters& p) {
         auto leaf = std::make_unique<Wrapping>();
         leaf->size = p.get<std::int64_t>("size", 7, "how large");
         return leaf;
       }},
      {"ttl",
       [](Parameters& p) {
         auto ttl = std::make_unique<Wrapping>();
         ttl->inner = make_policy(wrapping_table(), "test", p.wrapped("the inner policy"),
                                  p.path() + ".wrapped", p.issues(), p.book());
         return ttl;
       }},
  };
  return table;
}

}  // namespace

TEST(Parameters, ReadsEveryType) {
  const Config config = config_of(
      "b = true\nn = 3\nx = 2\nt = \"word\"\nd = \"5 ms\"\ns = \"20 %\"\nz = 0.25\n"
      "w = \"50 GB/s\"\nl = [1, 2.5]\n");
  Issues issues;
  Parameters p(&config, "", issues);
  EXPECT_TRUE(p.get("b", false, ""));
  EXPECT_EQ(p.get("n", std::uint32_t{1}, ""), 3U);
  EXPECT_EQ(p.get("x", 1.5, ""), 2.0);
  EXPECT_EQ(p.get("t", "", ""), "word");
  EXPECT_EQ(p.get("d", Duration{1}, "").ns, 5'000'000);
  EXPECT_EQ(p.get("s", Share{}, "").value, 0.2);
  EXPECT_EQ(p.get("z", Share{}, "").value, 0.25);
  EXPECT_EQ(p.find<BytesPerSecond>("w", "")->value, 50e9);
  EXPECT_EQ(p.list<double>("l", {}, ""), (std::vector<double>{1, 2.5}));
  EXPECT_FALSE(p.find<Watts>("absent", "").has_value());
  p.finish();
  EXPECT_EQ(issues.text(), "");
}

// 0.3 ns = 0.3 * 2^20 = 314572.8 ticks; its spelling reads back as the same ticks.
TEST(Parameters, TicksAreRounded) {
  const Config config = config_of("d = \"0.3 ns\"\ne = \"300 us\"\n");
  Issues issues;
  KeyBook book;
  Parameters p(&config, "", issues, &book);
  EXPECT_EQ(p.get("d", Ticks{}, "").value, 314'573);
  EXPECT_EQ(p.get("e", Ticks{}, "").value, 300'000 * kTicksPerNs);
  const Config again = config_of("d = " + book[0].value + "\ne = " + book[1].value + "\n");
  Parameters q(&again, "", issues);
  EXPECT_EQ(q.get("d", Ticks{}, "").value, 314'573);
  EXPECT_EQ(book[1].value, "\"300 us\"");
}

TEST(Parameters, UnknownKeyStandsAtItsKey) {
  EXPECT_EQ(issues_of("[pool.kv]\n  blocs = 3\n",
                      [](Parameters& p) {
                        Parameters pool = p.table("pool", "");
                        Parameters kv = pool.table("kv", "");
                        kv.get<std::int64_t>("blocks", 1, "");
                        kv.finish();
                      }),
            "a.toml:2:3: error: unknown key \"blocs\" in [pool.kv]; did you mean \"blocks\"?\n");
  EXPECT_EQ(issues_of("nam = 1\n", [](Parameters& p) { p.get("name", "", ""); }),
            "a.toml:1:1: error: unknown key \"nam\" at the top level; did you mean \"name\"?\n");
}

TEST(Parameters, UnitIsDue) {
  const auto read = [](Parameters& p) { p.get("ttft", Duration{}, ""); };
  EXPECT_EQ(issues_of("ttft = 500\n", read),
            "a.toml:1:8: error: ttft = 500 has no unit; write a duration like \"5 ms\"\n");
  EXPECT_EQ(issues_of("ttft = \"500 MB\"\n", read),
            "a.toml:1:8: error: ttft = \"500 MB\" is not a duration; write it like \"5 ms\"\n");
  EXPECT_EQ(issues_of("ttft = \"500\"\n", read),
            "a.toml:1:8: error: ttft = \"500\" is not a duration: it has no unit; write it like "
            "\"5 ms\"\n");
  EXPECT_EQ(issues_of("ttft = \"500 mss\"\n", read),
            "a.toml:1:8: error: ttft = \"500 mss\" is not a duration: unknown unit \"mss\"; did "
            "you mean \"ms\"?\n");
  EXPECT_EQ(issues_of("ttft = \"0.5 ns\"\n", read),
            "a.toml:1:8: error: ttft = \"0.5 ns\" is not a duration: not a whole number of ns\n");
}

TEST(Parameters, WrongType) {
  EXPECT_EQ(issues_of("n = 2.5\n", [](Parameters& p) { p.get<std::int64_t>("n", 1, ""); }),
            "a.toml:1:5: error: n = 2.5 is not a count; write a whole number without quotes\n");
  EXPECT_EQ(issues_of("n = \"2\"\n", [](Parameters& p) { p.get("n", 1.0, ""); }),
            "a.toml:1:5: error: n = \"2\" is not a number; write a bare number\n");
  EXPECT_EQ(issues_of("n = 1\n", [](Parameters& p) { p.get("n", false, ""); }),
            "a.toml:1:5: error: n = 1 is not a boolean; write true or false\n");
  EXPECT_EQ(issues_of("n = 1\n", [](Parameters& p) { p.get("n", "", ""); }),
            "a.toml:1:5: error: n = 1 is not a text; put it in quotes\n");
  EXPECT_EQ(issues_of("kv = 1\n", [](Parameters& p) { p.table("kv", "").finish(); }),
            "a.toml:1:6: error: kv = 1 is not a table; write [kv]\n");
  EXPECT_EQ(issues_of("[pool]\n", [](Parameters& p) { p.tables("pool", ""); }),
            "a.toml:1:1: error: \"pool\" is not a list of tables; write [[pool]]\n");
}

TEST(Parameters, OutOfRange) {
  EXPECT_EQ(issues_of("n = 0\n",
                      [](Parameters& p) {
                        p.get<std::int64_t>("n", 1, "", Range{1, 64});
                      }),
            "a.toml:1:5: error: n = 0 is out of range; it must be at least 1 and at most 64\n");
  EXPECT_EQ(issues_of("n = -1\n", [](Parameters& p) { p.get("n", std::uint32_t{1}, ""); }),
            "a.toml:1:5: error: n = -1 is out of range; it must be at least 0 and at most "
            "4294967295\n");
  EXPECT_EQ(issues_of("s = 20\n", [](Parameters& p) { p.get("s", Share{}, ""); }),
            "a.toml:1:5: error: s = 20 is out of range; it must be at least 0 and at most 1\n");
  EXPECT_EQ(issues_of("d = \"-1 s\"\n", [](Parameters& p) { p.get("d", Duration{}, ""); }),
            "a.toml:1:5: error: d = \"-1 s\" is out of range; it must be at least 0\n");
  EXPECT_EQ(issues_of("w = \"0 W\"\n", [](Parameters& p) { p.find<Watts>("w", "", kPositive); }),
            "a.toml:1:5: error: w = \"0 W\" is out of range; it must be above 0\n");
}

TEST(Parameters, MissingKeyAndChoice) {
  EXPECT_EQ(issues_of("[[pool]]\nname = \"a\"\n",
                      [](Parameters& p) {
                        for (Parameters& pool : p.tables("pool", "")) {
                          pool.get("name", "", "");
                          pool.require<std::string>("model", "which language model");
                          pool.finish();
                        }
                      }),
            "a.toml:1:1: error: missing key \"model\" in [[pool]]; which language model\n");
  EXPECT_EQ(issues_of("timeline = \"simgird\"\n",
                      [](Parameters& p) {
                        p.choice("timeline", "simgrid", {"simgrid", "plain"}, "");
                      }),
            "a.toml:1:12: error: timeline = \"simgird\" is not one of \"simgrid\", \"plain\"; did "
            "you mean \"simgrid\"?\n");
}

TEST(Parameters, AllErrorsAtOnce) {
  const std::string text = issues_of("a = 1\nb = 2\nc = 3\n", [](Parameters& p) {
    p.get("a", Duration{}, "");
    p.get("b", "", "");
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

TEST(Parameters, ThreeWritingsOfAPolicy) {
  const std::vector<std::string> writings = {
      "e = \"leaf(size=3)\"\n", "e = { policy = \"leaf\", size = 3 }\n",
      "[e]\npolicy = \"leaf\"\nsize = 3\n", "[e]\nsize = 3\n", "e.policy = \"leaf(size=3)\"\n"};
  for (const auto& text : writings) {
    const Config config = config_of(text);
    Issues issues;
    Parameters p(&config, "", issues);
    const auto policy =
        make_policy(wrapping_table(), "test", p.policy("e", "leaf", ""), "e", issues);
    ASSERT_NE(policy, nullptr) << text << issues.text();
    EXPECT_EQ(policy->size, 3) << text;
    EXPECT_EQ(issues.text(), "") << text;
  }
}

TEST(Parameters, PolicyErrors) {
  const auto read = [](Parameters& p) {
    make_policy(wrapping_table(), "test", p.policy("e", "leaf", ""), "e", p.issues());
  };
  EXPECT_EQ(issues_of("e = \"leef\"\n", read),
            "a.toml:1:6: error: unknown test policy \"leef\"; did you mean \"leaf\"?\n");
  EXPECT_EQ(issues_of("e = \"leaf(sise=3)\"\n", read),
            "a.toml:1:11: error: unknown key \"sise\" in [e]; did you mean \"size\"?\n");
  EXPECT_EQ(
      issues_of("e = \"ttl(leaf(size=x))\"\n", read),
      "a.toml:1:20: error: size = \"x\" is not a count; write a whole number without quotes\n");
  EXPECT_EQ(issues_of("e = \"ttl\"\n", read),
            "a.toml:1:6: error: missing the policy that [e] wraps; the inner policy, as in "
            "\"name(lru, key=value)\"\n");
  EXPECT_EQ(issues_of("e = 3\n", read),
            "a.toml:1:5: error: e = 3 is not a policy; write \"name\" or \"name(key=value, "
            "...)\"\n");
}

TEST(Parameters, TheBookHasEveryKeyWithItsDefault) {
  const Config config = config_of("[[pool]]\nd = \"5 ms\"\n");
  Issues issues;
  KeyBook book;
  Parameters p(&config, "", issues, &book);
  for (Parameters& pool : p.tables("pool", "the pools")) {
    pool.get("d", Duration{kSecond}, "a wait");
    pool.find<Share>("s", "a share");
    pool.policy("e", "leaf(size=3)", "an inner policy");
  }
  ASSERT_EQ(book.size(), 4U);
  EXPECT_EQ(book[1].table, "pool.0");
  EXPECT_EQ(book[1].type, "duration");
  EXPECT_EQ(book[1].value, "\"5 ms\"");
  EXPECT_EQ(book[1].default_value, "\"1 s\"");
  EXPECT_EQ(book[1].doc, "a wait");
  EXPECT_EQ(book[2].value, "");
  EXPECT_EQ(book[3].value, "{ policy = \"leaf\", size = 3 }");
  EXPECT_EQ(book[3].default_value, "\"leaf(size=3)\"");
}

}  // namespace kvern
