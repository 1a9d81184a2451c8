// Kept when it is asked for the second time: what is used once never displaces anything (the rule
// of content networks; Maggs, Sitaraman 2015, "cache on second hit"). The first time is remembered
// while fewer than `history` x capacity other contents come for the first time. O(1) a call.
#include <algorithm>
#include <memory>

#include "policies/cache_admission.h"
#include "policies/parts/blocks/recent_contents.h"

namespace kvern::cache_admission::second_access {

namespace {

class SecondAccess final : public CacheAdmission {
 public:
  explicit SecondAccess(Parameters& p)
      : history_(p.get("history", 4.0, "contents remembered, as a multiple of the capacity",
                       {0.001, 1024})) {}
  void prepare(std::uint32_t capacity, const Draws&) override {
    const double room = std::min(history_ * capacity, 0x1p28);
    recent_.prepare(static_cast<std::uint32_t>(room));
  }
  void asked(std::uint64_t content, SimTime) override { recent_.count(content); }
  bool keeps(const BlockInfo& block, std::uint64_t, SimTime) override {
    return recent_.times(block.content) >= 2;
  }

 private:
  double history_;
  RecentContents recent_;
};

}  // namespace

std::unique_ptr<CacheAdmission> make(Parameters& p) { return std::make_unique<SecondAccess>(p); }

}  // namespace kvern::cache_admission::second_access
