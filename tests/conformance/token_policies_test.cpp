// Laws of every token policy there is.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "policies/token_eviction.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

// About 12 of 48 tokens, and all of them. A new policy is met as name(budget=...), with no edit
// here; those that know no budget have a line.
struct Sizes {
  std::string small;
  std::string everything;
};
const std::map<std::string, Sizes> kWithoutBudget = {
    {"full", {"full", "full"}},
    {"loki", {"loki(keys=0.25)", "loki(keys=1)"}},
    {"duo", {"duo(sinks=2, recent=10)", "duo(sinks=20, recent=28)"}},
    {"fastgen", {"fastgen(heavy=0.1, recent=0.1)", "fastgen(recover=1)"}},
    {"kv_quant",
     {"kv_quant(window(size=12), group=2, residual=4)", "kv_quant(window(size=48), residual=48)"}},
    {"adakv", {"adakv(snapkv(budget=0.25))", "adakv(snapkv(budget=1))"}},
};
// More of the same policies.
const std::vector<Sizes> kVariants = {
    {"buzz(sinks=2, window=4, threshold=6, stride=3)",
     "buzz(sinks=2, window=4, threshold=42, stride=3)"},
    {"scissorhands(size=12, recent=2, drop=5)", "scissorhands(size=48, recent=2, drop=5)"},
    {"keyformer(size=12, variant=code)", "keyformer(size=48, variant=code)"},
    {"quest(page=1, pages=12)", "quest(page=1, pages=48)"},
    {"h2o(heavy=6, recent=6, variant=A)", "h2o(heavy=40, recent=8, variant=A)"},
    {"h2o(heavy=6, recent=6, variant=Bpos)", "h2o(heavy=40, recent=8, variant=Bpos)"},
    {"h2o(heavy=6, variant=C)", "h2o(heavy=25, variant=C)"},
    {"buzz(sinks=2, window=4, threshold=6, stride=3, variant=fast)",
     "buzz(sinks=2, window=4, threshold=42, stride=3, variant=fast)"},
    {"buzz(sinks=2, window=4, threshold=6, stride=3, variant=nomax)",
     "buzz(sinks=2, window=4, threshold=42, stride=3, variant=nomax)"},
};

// Those that look at a prompt before they choose.
bool needs_prompt(const Sizes& sizes) {
  return sizes.small.starts_with("loki") || sizes.small.starts_with("duo") ||
         sizes.small.starts_with("fastgen");
}

std::vector<Sizes> all_sizes(bool prompt) {
  std::vector<Sizes> all = kVariants;
  for (const auto& entry : token_eviction::table()) {
    const std::string name = entry.name;
    const auto line = kWithoutBudget.find(name);
    if (name == "exact") continue;  // for tiny cases: its unit test
    all.push_back(line != kWithoutBudget.end()
                      ? line->second
                      : Sizes{name + "(budget=0.25)", name + "(budget=1)"});
  }
  if (!prompt) std::erase_if(all, needs_prompt);
  return all;
}

// Decoded from nothing, and after a prompt; with and without positions to re-index.
std::vector<lab::RecordedText> texts(const std::vector<std::uint32_t>& prompts = {0, 20}) {
  std::vector<lab::RecordedText> all;
  for (const std::uint32_t prompt : prompts) {
    for (const double theta : {10.0, 1000.0}) {
      all.push_back(lab::random_text(
          {.seed = 7, .tokens = 48, .prompt = prompt, .layers = 2, .kv_heads = 2, .group = 2}));
      all.back().sequence.rope_theta = theta;
      all.back().sequence.token_class.assign(48, 0);
      all.back().sequence.token_class[0] = 1;
      all.back().sequence.token_class[9] = 2;
    }
  }
  return all;
}

// A budget is a share of the prompt, so after a prompt only the first step must be dense.
TEST(TokenPolicies, FullBudgetIsDense) {
  for (const lab::RecordedText& text : texts({0, 47})) {
    for (const Sizes& sizes : all_sizes(text.sequence.prompt_tokens > 0)) {
      const auto layers = lab::replay(text, sizes.everything);
      for (const LayerReplay& layer : layers) {
        for (const HeadReplay& head : layer.heads[0]) {
          EXPECT_EQ(head.read_last_step, 48U) << sizes.everything;
          EXPECT_NEAR(head.recall_min, 1, 1e-12) << sizes.everything;
          EXPECT_NEAR(head.error_sum, 0, 1e-10) << sizes.everything;
        }
      }
    }
  }
}

TEST(TokenPolicies, ResidentIsTheActualSize) {
  for (const lab::RecordedText& text : texts()) {
    for (const Sizes& sizes : all_sizes(text.sequence.prompt_tokens > 0)) {
      const auto layers = lab::replay(text, sizes.small);
      for (std::uint32_t l = 0; l < layers.size(); ++l) {
        const TokenLayer told = token_layer(text.sequence, text.layers[l], l);
        const auto policy = lab::token_policy(sizes.small)();
        TokenLine line;
        std::int64_t into = 0;
        for (std::uint32_t step = 0; step < layers[l].resident[0][0].size(); ++step, ++into) {
          const std::uint32_t n = text.sequence.prompt_tokens + step + 1;
          const auto now = policy->resident_layer(told.bounds, n);
          if (!now) continue;
          std::int64_t held = 0;
          for (const auto& head : layers[l].resident[0]) held += head[step];
          EXPECT_EQ(now->value, held) << sizes.small << " at " << n;
          if (const auto each = policy->resident(told.bounds, n)) {
            for (const auto& head : layers[l].resident[0]) EXPECT_EQ(each->value, head[step]);
          }
          // A line holds as long as it says.
          if (step > 0 && into < line.steps) {
            EXPECT_EQ(line.value + line.slope * into, now->value) << sizes.small << " at " << n;
          } else {
            line = *now;
            into = 0;
          }
        }
      }
    }
  }
}

TEST(TokenPolicies, ReadsWhatReadSays) {
  for (const lab::RecordedText& text : texts()) {
    for (const Sizes& sizes : all_sizes(text.sequence.prompt_tokens > 0)) {
      const auto layers = lab::replay(text, sizes.small);
      for (std::uint32_t l = 0; l < layers.size(); ++l) {
        const TokenLayer told = token_layer(text.sequence, text.layers[l], l);
        const auto read = lab::token_policy(sizes.small)()->read(told.bounds, 47);
        for (const HeadReplay& head : layers[l].heads[0]) {
          if (!read) continue;
          EXPECT_EQ(read->value + 1, head.read_last_step) << sizes.small;
        }
      }
    }
  }
}

// What is kept is in order, without repeats, and the same in a second run.
TEST(TokenPolicies, KeptIsAnOrderedSet) {
  for (const lab::RecordedText& text : texts()) {
    for (const Sizes& sizes : all_sizes(text.sequence.prompt_tokens > 0)) {
      const HeadReplay head = lab::replay_head(text, sizes.small);
      for (std::size_t i = 1; i < head.kept.size(); ++i) {
        EXPECT_LT(head.kept[i - 1], head.kept[i]) << sizes.small;
      }
      EXPECT_EQ(head.kept, lab::replay_head(text, sizes.small).kept) << sizes.small;
    }
  }
}

// Cached tokens that a query head reads in a step, at most; null where that depends on data.
std::optional<std::int64_t> most_read(const std::string& spec, const TokenBounds& bounds) {
  const auto policy = lab::token_policy(spec)();
  std::int64_t most = 1;
  for (std::uint32_t n = bounds.prompt_tokens; n < bounds.tokens; ++n) {
    const auto line = policy->read(bounds, n);
    if (!line) return std::nullopt;
    most = std::max(most, line->value);
  }
  return most;
}

// Nothing whose query heads read as many tokens has more recall, whether it evicts or selects, and
// however many query heads share a KV head.
TEST(TokenPolicies, ThePerStepOracleBoundsThoseThatReadAsMuch) {
  int bounded = 0;
  for (const std::uint32_t prompt : {0U, 20U}) {
    auto text =
        lab::random_text({.seed = 9, .tokens = 48, .prompt = prompt, .kv_heads = 2, .group = 3});
    text.sequence.rope_theta = 1000;
    text.sequence.token_class.assign(48, 0);
    const TokenLayer told = token_layer(text.sequence, text.layers[0], 0);
    std::vector<Sizes> all = all_sizes(prompt > 0);
    all.push_back({"quest(page=3, pages=4)", ""});
    for (const Sizes& sizes : all) {
      const auto most = most_read(sizes.small, told.bounds);
      if (!most) continue;
      const auto heads = lab::replay(text, sizes.small)[0].heads[0];
      const auto bound =
          lab::replay(text, "per_step_oracle(size=" + std::to_string(*most) + ")")[0].heads[0];
      for (std::size_t head = 0; head < heads.size(); ++head) {
        EXPECT_LE(heads[head].recall_sum, bound[head].recall_sum + 1e-9) << sizes.small;
        ++bounded;
      }
    }
  }
  EXPECT_GT(bounded, 60);
}

// What is left of a prompt of 40 when nothing is decoded, in all heads.
std::vector<std::vector<std::uint32_t>> prompt_sets(const std::string& policy, std::uint64_t seed) {
  const auto text = lab::random_text({.seed = seed, .tokens = 40, .prompt = 40, .group = 3});
  std::vector<std::vector<std::uint32_t>> kept;
  const auto layers = lab::replay(text, policy);
  for (const HeadReplay& head : layers[0].heads[0]) kept.push_back(head.kept);
  return kept;
}

TEST(TokenPolicies, NaclWithAllQueriesAsProxiesIsH2osPrompt) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(prompt_sets("nacl(proxy=40, protect=7, keep=9)", seed),
              prompt_sets("h2o(heavy=9, recent=7)", seed));
  }
}

TEST(TokenPolicies, NaclWithOneProxyIsSnapKvWithoutPooling) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(prompt_sets("nacl(proxy=1, keep=9)", seed),
              prompt_sets("snapkv(capacity=10, window=1, kernel=1)", seed));
  }
}

}  // namespace
}  // namespace kvern
