// The conformance suite finds what it is there to find: LRU, broken in one way at a time.
#include "sim/cache/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/eviction.h"
#include "sim/cache/checked_eviction.h"
#include "sim/law.h"

namespace kvern {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Fault {
  None,
  EvictsPinned,
  ForgetsReleased,
  RemembersRemoved,
  Unlike,
  KeepsOldState,
  ChangesItsMind,
  CountsQuestions
};

// Oldest first, in a plain list.
class List final : public Eviction {
 public:
  explicit List(Fault fault) : fault_(fault) {}
  void prepare(std::uint32_t, const Draws&) override {
    if (fault_ != Fault::KeepsOldState) calls_ = 0;
    questions_ = 0;
    blocks_.clear();
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { blocks_.push_back(block); }
  void touched(BlockId, SimTime) override { ++calls_; }
  void pinned(BlockId block) override {
    if (fault_ != Fault::EvictsPinned) std::erase(blocks_, block);
  }
  void released(BlockId block, SimTime) override {
    std::erase(blocks_, block);
    if (fault_ != Fault::ForgetsReleased) blocks_.push_back(block);
  }
  void removed(BlockId block) override {
    if (fault_ != Fault::RemembersRemoved) std::erase(blocks_, block);
  }
  BlockId victim(SimTime) override {
    if (blocks_.empty()) return BlockId{kNoBlock};
    ++questions_;
    if (fault_ == Fault::ChangesItsMind) return blocks_[questions_ % blocks_.size()];
    // The answer stays the same for a while, and is another one later.
    if (fault_ == Fault::CountsQuestions) return blocks_[questions_ / 64 % 2 % blocks_.size()];
    static unsigned everywhere = 0;
    const unsigned number = fault_ == Fault::Unlike          ? ++everywhere
                            : fault_ == Fault::KeepsOldState ? calls_
                                                             : 0;
    return blocks_[number % blocks_.size()];
  }

 private:
  Fault fault_;
  unsigned calls_ = 0;
  unsigned questions_ = 0;
  std::vector<BlockId> blocks_;
};

std::vector<std::string> failures(Fault fault) {
  return conformance_failures([fault] { return std::make_unique<List>(fault); });
}

}  // namespace

TEST(Conformance, ALawfulPolicyPasses) { EXPECT_THAT(failures(Fault::None), IsEmpty()); }

TEST(Conformance, APinnedVictimIsFound) {
  EXPECT_THAT(failures(Fault::EvictsPinned), Contains(HasSubstr("is pinned")));
}

TEST(Conformance, ABlockThatIsNeverEvictedIsFound) {
  EXPECT_THAT(failures(Fault::ForgetsReleased), Contains(HasSubstr("victim: there is no block")));
}

TEST(Conformance, ASecondEvictionIsFound) {
  EXPECT_THAT(failures(Fault::RemembersRemoved), Contains(HasSubstr("is absent")));
}

TEST(Conformance, AChangingMindIsFound) {
  EXPECT_THAT(failures(Fault::Unlike), Contains(HasSubstr("a fresh one gives another victim")));
}

TEST(Conformance, StateThatPrepareLeavesIsFound) {
  EXPECT_THAT(failures(Fault::KeepsOldState),
              Contains(HasSubstr("prepared again it gives another victim")));
}

TEST(Conformance, AnAnswerThatAskingChangesIsFound) {
  EXPECT_THAT(failures(Fault::ChangesItsMind), Contains(HasSubstr("asked again it changes")));
  EXPECT_THAT(failures(Fault::CountsQuestions),
              Contains(HasSubstr("asked three times it gives another victim")));
}

// The caller is held to the contract too.
TEST(Conformance, CallsThatDoNotFitAreRefused) {
  CheckedEviction policy(std::make_unique<List>(Fault::None));
  policy.prepare(2, {});
  EXPECT_THROW(policy.victim(0), LawBroken);
  EXPECT_THROW(policy.pinned(BlockId{0}), LawBroken);
  EXPECT_THROW(policy.released(BlockId{0}, 0), LawBroken);
  EXPECT_THROW(policy.inserted(BlockId{2}, {}, 0), LawBroken);
  policy.inserted(BlockId{0}, {}, 0);
  EXPECT_EQ(policy.candidates(), 1U);
  EXPECT_THROW(policy.inserted(BlockId{0}, {}, 0), LawBroken);
  policy.pinned(BlockId{0});
  EXPECT_EQ(policy.candidates(), 0U);
  EXPECT_THROW(policy.victim(0), LawBroken);
  policy.removed(BlockId{0});
  EXPECT_THROW(policy.touched(BlockId{0}, 0), LawBroken);
}

}  // namespace kvern
