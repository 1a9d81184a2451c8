#include "sim/work_profile.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

std::string scratch(const std::string& name) {
  return testing::TempDir() + "kvern_profile_" + std::to_string(getpid()) + "_" + name;
}

WorkProfile small() {
  WorkProfile profile;
  profile.model = "tiny";
  profile.layers = 2;
  profile.heads = 4;
  profile.kv_heads = 2;
  profile.head_dim = 8;
  profile.closed_loop = true;
  profile.source = "a.txt, b.txt";
  for (const double budget : {0.2, 0.5}) {
    for (const std::uint32_t first : {1U, 129U}) {
      WorkRow row;
      row.policy = "h2o";
      row.budget = budget;
      row.domain = "all";
      row.context_first = first;
      row.context_last = first + 127;
      row.steps = 128;
      row.resident_tokens = budget * first;
      row.recall = std::numeric_limits<double>::quiet_NaN();
      profile.work.push_back(row);
    }
    const auto add = [&](const char* kind, const char* group, double nll) {
      QualityRow row;
      row.policy = "h2o";
      row.budget = budget;
      row.kind = kind;
      row.group = group;
      row.nll = nll;
      row.nll_dense = 2;
      row.increase_share = (nll - 2) / 2;
      profile.quality.push_back(row);
    };
    add("all", "all", 2.2);
    add("language", "sw", 2.6);
    add("domain", "code", 2.6);
    add("rarity", "rare", 2.4);
    add("retrieval", "needle", 9);
  }
  return profile;
}

TEST(WorkProfile, ReadsBackWhatWasWritten) {
  const std::string path = scratch("round.h5");
  const WorkProfile written = small();
  write_work_profile(written, path);
  const WorkProfile read = read_work_profile(path);
  EXPECT_EQ(read.model, "tiny");
  EXPECT_EQ(read.source, "a.txt, b.txt");
  EXPECT_TRUE(read.closed_loop);
  EXPECT_EQ(read.layers, 2U);
  EXPECT_EQ(read.kv_heads, 2U);
  EXPECT_EQ(read.kv_bits, 16U);
  ASSERT_EQ(read.work.size(), 4U);
  EXPECT_EQ(read.work[3].policy, "h2o");
  EXPECT_EQ(read.work[3].domain, "all");
  EXPECT_EQ(read.work[3].context_last, 256U);
  EXPECT_EQ(read.work[3].steps, 128U);
  EXPECT_EQ(read.work[3].resident_tokens, 64.5);
  EXPECT_TRUE(std::isnan(read.work[3].recall));
  ASSERT_EQ(read.quality.size(), 10U);
  EXPECT_EQ(read.quality[1].group, "sw");
  EXPECT_EQ(read.quality[1].nll, 2.6);
}

TEST(WorkProfile, FindsRowsByPolicyBudgetAndGroup) {
  const WorkProfile profile = small();
  const QualityRow* all = find_quality(profile, " h2o ", 0.5);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->nll, 2.2);
  EXPECT_EQ(find_quality(profile, "h2o", 0.3), nullptr);
  EXPECT_EQ(find_quality(profile, "nacl", 0.5), nullptr);
  // sw and code lost the same share: the first. What retrieval lost is not a share of the text.
  const QualityRow* worst = worst_group(profile, "h2o", 0.2);
  ASSERT_NE(worst, nullptr);
  EXPECT_EQ(worst->group, "sw");
  EXPECT_NEAR(worst->increase_share, 0.3, 1e-12);
  const auto work = find_work(profile, "h2o", 0.2);
  ASSERT_EQ(work.size(), 2U);
  EXPECT_EQ(work[1]->context_first, 129U);
  EXPECT_TRUE(find_work(profile, "h2o", 0.2, "code").empty());
  EXPECT_NEAR(perplexity(2), 7.38905609893065, 1e-12);
}

TEST(WorkProfile, AnotherFileIsNamed) {
  const std::string path = scratch("other.h5");
  {
    TableWriter writer(path);
    writer.set_attribute("/", "format", std::string("kvern.records"));
    writer.close();
  }
  try {
    read_work_profile(path);
    FAIL() << "read something else";
  } catch (const OutsideError& error) {
    EXPECT_NE(std::string(error.what()).find("other.h5: not a work profile"), std::string::npos);
  }
}

}  // namespace
}  // namespace kvern
