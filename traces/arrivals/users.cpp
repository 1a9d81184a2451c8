// users: a closed loop. Each of `count` users has one request (or, with sessions, one session) at a
// time; the next begins a think time after the end of the one before. All begin at time 0.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/base/config/parameters.h"
#include "sim/base/exact_math.h"
#include "sim/ports/arrival_process.h"
#include "traces/generate/distribution_reader.h"

namespace kvern::arrivals::users {
namespace {

class Users : public ArrivalProcess {
 public:
  Users(std::uint32_t count, Distribution think_ns)
      : users_(count), think_ns_(std::move(think_ns)), ready_(count, 0) {}

  SimTime next(Stream& /*stream*/) override {
    if (ready_.empty()) return kNever;
    std::pop_heap(ready_.begin(), ready_.end(), std::greater<>());
    const SimTime first = ready_.back();
    ready_.pop_back();
    return first;
  }
  bool waits_for_ends() const override { return true; }

  SimTime ended(SimTime now, SimTime next, Stream& stream) override {
    SimTime think = exact::nearest_whole(think_ns_.at(stream.uniform()));
    ends_ = now == instant_ ? ends_ + 1 : 1;
    instant_ = now;
    // Users who are refused at once and do not think would come back for ever at one instant.
    if (ends_ > users_) think = std::max(think, kMillisecond);
    push(now + think);
    if (next != kNever) push(next);
    return this->next(stream);
  }

 private:
  void push(SimTime time) {
    ready_.push_back(time);
    std::push_heap(ready_.begin(), ready_.end(), std::greater<>());
  }

  std::size_t users_;
  Distribution think_ns_;
  std::vector<SimTime> ready_;  // a heap, earliest first
  SimTime instant_ = -1;        // of the latest end
  std::size_t ends_ = 0;        // at that instant
};

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto count =
      p.require<std::uint32_t>("count", "users, each with one request at a time", Range{1, 1e6});
  auto think = distribution_key(p, "think", "constant(value=0 s)",
                                "from the end of a user's request (or session) to the next one; "
                                "who is refused at once comes back after 1 ms or more",
                                Drawn::Times);
  if (count == 0 || !think) return nullptr;
  return std::make_unique<Users>(count, std::move(*think));
}

}  // namespace kvern::arrivals::users
