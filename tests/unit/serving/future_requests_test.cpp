#include "sim/kv/future_requests.h"

#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern {
namespace {

class Listed final : public Arrivals {
 public:
  explicit Listed(std::vector<std::vector<std::uint32_t>> prompts) : prompts_(std::move(prompts)) {}
  SimTime next_time() override {
    return next_ < prompts_.size() ? static_cast<SimTime>(next_) * 10 : kNever;
  }
  void pop(Arrival& arrival) override {
    arrival.id = RequestId{static_cast<std::uint32_t>(next_)};
    arrival.blocks = prompts_[next_++];
  }
  std::uint32_t block_size() const override { return 4; }

 private:
  std::vector<std::vector<std::uint32_t>> prompts_;
  std::size_t next_ = 0;
};

}  // namespace

// Block 7 is asked for by requests 0, 2 and 3, which comes at 30, after the stop at 20.
TEST(FutureRequests, TheNextUseIsTheNextRequestThatAsks) {
  Listed prompts({{7, 8}, {9}, {7}, {7}});
  const FutureRequests future(prompts, 20);
  EXPECT_EQ(future.next_use(7, 0), 2U);
  EXPECT_EQ(future.next_use(7, 2), kNoNextUse);
  EXPECT_EQ(future.next_use(8, 0), kNoNextUse);
  EXPECT_EQ(future.next_use(9, 0), 1U);
  EXPECT_EQ(future.next_use(std::uint64_t{1} << 63 | 7, 0), kNoNextUse);
}

// A replica that began request 2 before request 1 (which waits elsewhere) sees what comes after 2.
TEST(FutureRequests, ThePresentNeverGoesBack) {
  Listed prompts({{7}, {7}, {7}, {7}});
  const FutureRequests future(prompts, kNever);
  RequestOracle oracle(future);
  EXPECT_EQ(oracle.next_use(7), 1U);
  oracle.serve(RequestId{2});
  oracle.serve(RequestId{1});
  EXPECT_EQ(oracle.position(), 2U);
  EXPECT_EQ(oracle.next_use(7), 3U);
}

namespace lab {

// Three blocks of 4 tokens; each request needs two. After A and B the idle blocks are, the longest
// idle first: A, the end of B's prompt, B. The third request evicts two of them: LRU A and the end,
// Belady the end and B, because only A is asked for again.
TEST(FutureRequests, BeladyKeepsWhatIsAskedForAgain) {
  Lab lab;
  lab.blocks = 3;
  lab.block_size = 4;
  lab.prefix_cache = true;
  lab.requests = {{0, 8, 1, {1, 10}},
                  {kSecond, 8, 1, {2, 20}},
                  {2 * kSecond, 8, 1, {3, 30}},
                  {3 * kSecond, 8, 1, {1, 11}}};
  EXPECT_EQ(run(lab)->requests[3].cached_tokens, 0U);
  for (const char* clairvoyant : {"belady", "belady_cost"}) {
    lab.eviction = clairvoyant;
    EXPECT_EQ(run(lab)->requests[3].cached_tokens, 4U) << clairvoyant;
  }
}

}  // namespace lab
}  // namespace kvern
