#include "analysis/quality/token_quality.h"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/quality/attention_profile.h"
#include "analysis/quality/quality_table.h"

namespace kvern {
namespace {

ClosedText text_of(std::vector<std::int32_t> ids) {
  ClosedText text;
  text.ids = std::move(ids);
  return text;
}

TokenLosses losses(std::vector<float> loss, const std::vector<std::uint8_t>& agrees = {}) {
  TokenLosses made;
  made.first = 1;
  made.divergence.assign(loss.size(), .5F);
  made.right.assign(loss.size(), 1);
  made.agrees = agrees.empty() ? std::vector<std::uint8_t>(loss.size(), 1) : agrees;
  made.loss = std::move(loss);
  return made;
}

struct Two {
  std::vector<ClosedText> texts = {text_of({7, 7, 8, 9}), text_of({7, 7, 7, 5})};
  std::vector<TextTags> tags = {{"en", "prose"}, {"sw", "prose"}};
  std::vector<SequenceQuality> sequences = {
      {losses({1, 2, 3}), {losses({2, 2, 4}, {1, 0, 1})}},
      {losses({1, 1, 1}), {losses({1, 1, 4})}},
  };
  TokenCounts counts = {{7, 5}, {8, 1}, {9, 1}, {5, 1}};
  std::vector<PolicyName> policies = {{"h2o", .2}};
  std::vector<QualityRow> rows() const {
    return quality_rows({texts, tags, sequences, counts, policies, 3});
  }
};

const QualityRow& row(const std::vector<QualityRow>& rows, const std::string& kind,
                      const std::string& group) {
  for (const QualityRow& each : rows) {
    if (each.kind == kind && each.group == group) return each;
  }
  throw std::runtime_error("no " + kind + " " + group);
}

// All: (2+2+4+1+1+4) / 6 = 14/6 over 9/6. English: 8/3 over 6/3. Swahili: 6/3 over 3/3. Rare (once
// in the texts): tokens 8, 9 and 5: losses 2, 4, 4 over 2, 3, 1. One domain only: no rows of it.
TEST(TokenQuality, GroupsByHand) {
  const std::vector<QualityRow> rows = Two().rows();
  ASSERT_EQ(rows.size(), 5U);
  const QualityRow& all = row(rows, "all", "all");
  EXPECT_EQ(all.policy, "h2o");
  EXPECT_EQ(all.tokens, 6U);
  EXPECT_NEAR(all.nll, 14. / 6, 1e-6);
  EXPECT_NEAR(all.nll_dense, 1.5, 1e-6);
  EXPECT_NEAR(all.increase_share, 5. / 9, 1e-6);
  EXPECT_NEAR(all.top1_agreement, 5. / 6, 1e-6);
  EXPECT_NEAR(all.kl, .5, 1e-6);
  EXPECT_NEAR(row(rows, "language", "en").increase_share, 1. / 3, 1e-6);
  EXPECT_NEAR(row(rows, "language", "sw").increase_share, 1, 1e-6);
  EXPECT_EQ(row(rows, "rarity", "rare").tokens, 3U);
  EXPECT_NEAR(row(rows, "rarity", "rare").increase_share, 4. / 6, 1e-6);
  EXPECT_NEAR(row(rows, "rarity", "uncommon").increase_share, 1. / 3, 1e-6);
  // One block a text here, so a language has no interval.
  EXPECT_TRUE(std::isnan(row(rows, "language", "en").increase_low));
}

// Two blocks with shares 1/3 and 1: resamplings give (1/3, 5/9, 1) with chances 1/4, 1/2, 1/4.
TEST(TokenQuality, IntervalsAreThoseOfTheResamplings) {
  const QualityRow all = row(Two().rows(), "all", "all");
  EXPECT_NEAR(all.increase_low, 1. / 3, 1e-6);
  EXPECT_NEAR(all.increase_high, 1, 1e-6);
  EXPECT_EQ(all.increase_low, row(Two().rows(), "all", "all").increase_low);
}

TEST(TokenQuality, RetrievalLooksAtAnswersOnly) {
  const Two two;
  const auto rows = retrieval_rows({two.texts, two.tags, two.sequences, two.counts, two.policies},
                                   "needle", {{2, 3}, {3}});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].tokens, 3U);  // losses 2, 4 and 4
  EXPECT_NEAR(rows[0].nll, 10. / 3, 1e-6);
  EXPECT_EQ(rows[0].kind, "retrieval");
}

// Four decode steps a text, before its tokens 1, 2, 3 and before nothing. Token 8 is 2 of the first
// text, 9 its 3; token 5 is 3 of the second. So rare tokens come after steps 1 and 2 of the first
// text and step 2 of the second; a language has all steps of its text, the last one too.
TEST(TokenGroups, WorkIsOfTheStepsBeforeTheirTokens) {
  const Two two;
  std::vector<SequenceReplay> sequences(2);
  for (std::uint32_t t = 0; t < 2; ++t) {
    sequences[t].index = t;
    auto& steps = sequences[t].steps.emplace_back(4);
    for (std::uint64_t s = 0; s < 4; ++s) steps[s].resident = std::uint64_t{10} * t + s;
  }
  const auto groups = token_groups(two.texts, two.tags, two.counts);
  ASSERT_EQ(groups.size(), 5U);  // all, en, sw, rare, uncommon: no token is common
  const auto work = [&](std::size_t i) { return group_work(groups[i], two.texts, sequences, 0); };
  EXPECT_EQ(work(0).steps, 8U);
  EXPECT_EQ(groups[2].name, "sw");
  EXPECT_EQ(work(2).steps, 4U);
  EXPECT_EQ(work(2).sum.resident, 10U + 11 + 12 + 13);
  EXPECT_EQ(groups[3].name, "rare");
  EXPECT_EQ(work(3).steps, 3U);
  EXPECT_EQ(work(3).sum.resident, 1U + 2 + 12);
  EXPECT_EQ(work(4).steps, 3U);  // token 7
  EXPECT_EQ(work(4).sum.resident, 0U + 10 + 11);
}

// Steps of contexts 127 to 130 of a text with 126 tokens of prompt, over 2 layers x 2 KV heads.
TEST(AttentionProfile, MeansByContext) {
  std::vector<SequenceReplay> sequences(1);
  std::vector<StepReplay>& steps = sequences[0].steps.emplace_back();
  for (std::uint64_t s = 0; s < 4; ++s) {
    StepReplay step;
    step.heads = 4;
    step.rows = 8;
    step.resident = 40 + 4 * s;  // 10, 11, 12, 13 a head
    step.read = 44 + 4 * s;
    step.attention = {400, 800, 80};
    step.own = {40, 0, 4};
    step.recall = 6;
    steps.push_back(step);
  }
  std::vector<SequenceQuality> quality = {{losses({1, 2, 3}), {losses({2, 3, 4})}}};
  const std::vector<TextTags> tags(1);
  const std::vector<WorkRow> rows = work_rows({tags, {126}, {{"h2o", .2}}, sequences, &quality});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].context_first, 1U);
  EXPECT_EQ(rows[0].context_last, 128U);
  EXPECT_EQ(rows[0].steps, 2U);
  EXPECT_NEAR(rows[0].resident_tokens, 10.5, 1e-12);
  EXPECT_NEAR(rows[0].read_tokens, 11.5, 1e-12);
  EXPECT_NEAR(rows[0].kv_bytes_read, 200, 1e-12);
  EXPECT_NEAR(rows[0].policy_flops, 10, 1e-12);
  EXPECT_NEAR(rows[0].recall, .75, 1e-12);
  EXPECT_NEAR(rows[0].nll, 2.5, 1e-6);
  EXPECT_EQ(rows[1].context_first, 129U);
  EXPECT_NEAR(rows[1].resident_tokens, 12.5, 1e-12);
  EXPECT_NEAR(rows[1].nll_dense, 3, 1e-6);  // of the third; nothing came after the last
}

TEST(QualityTable, NamesTheWorstGroup) {
  WorkProfile profile;
  profile.quality = Two().rows();
  EXPECT_THAT(quality_table(profile), testing::HasSubstr("language sw  +100.0 %"));
}

// Dense attention's own divergence is rounding on either side of zero.
TEST(QualityTable, NoSignBeforeAZeroDivergence) {
  WorkProfile profile;
  profile.quality = Two().rows();
  for (QualityRow& each : profile.quality) each.kl = -2e-9;
  EXPECT_THAT(quality_table(profile), testing::Not(testing::HasSubstr("-0.0000")));
  EXPECT_THAT(quality_table(profile), testing::HasSubstr("  0.0000  "));
}

}  // namespace
}  // namespace kvern
