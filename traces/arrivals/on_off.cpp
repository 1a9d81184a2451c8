// on_off: many independent sources that now and then send, as developers whose editor asks for a
// completion while they type: bursts of Poisson requests, silences between. A source begins silent.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sim/base/exact_math.h"
#include "sim/ports/arrival_process.h"
#include "traces/generate/distribution_reader.h"
#include "traces/generate/steady_process.h"

namespace kvern::arrivals::on_off {
namespace {

constexpr double kLast = 0x1p61;  // ns, 73 years; what lies beyond never comes

struct Habits {
  std::uint32_t sources;
  double mean_gap_ns;  // while on
  Distribution on_ns;
  Distribution off_ns;
};

// Each draws from a stream of its own, so that one more changes none of the others.
struct Source {
  Stream stream;
  double now = 0;
  double on_until = 0;

  // A gap that would reach beyond the burst is drawn anew in the next one: Poisson has no memory.
  SimTime next(const Habits& habits) {
    for (;;) {
      now += draw_exponential(stream) * habits.mean_gap_ns;
      if (now < on_until) return exact::nearest_whole(now);
      now = on_until + habits.off_ns.at(stream.uniform());
      on_until = now + habits.on_ns.at(stream.uniform());
      if (on_until > kLast) return kNever;
    }
  }
};

class OnOff final : public ArrivalProcess {
 public:
  explicit OnOff(Habits habits) : habits_(std::move(habits)) {}

  SimTime next(Stream& stream) override {
    if (sources_.empty()) start(stream);
    if (heap_.front().time == kNever) return kNever;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Event& first = heap_.back();
    const SimTime time = first.time;
    first.time = sources_[first.source].next(habits_);
    std::push_heap(heap_.begin(), heap_.end(), later);
    return time;
  }

 private:
  struct Event {
    SimTime time;
    std::uint32_t source;
  };
  static bool later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.source > b.source;
  }
  void start(const Stream& stream) {
    for (std::uint32_t i = 0; i < habits_.sources; ++i) {
      sources_.push_back({stream.child(i)});
      heap_.push_back({sources_.back().next(habits_), i});
    }
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  Habits habits_;
  std::vector<Source> sources_;
  std::vector<Event> heap_;
};

}  // namespace

std::unique_ptr<ArrivalProcess> make(Parameters& p) {
  const auto sources = p.get("sources", std::uint32_t{20}, "how many", Range{1, 1e6});
  const auto rate = p.require<RequestsPerSecond>("rate", "of one source while it is on",
                                                 Range{1e-9, kArrivalRate.max});
  auto on = distribution_key(p, "on", "exponential(mean=20 s)", "a burst", Drawn::Times);
  auto off = distribution_key(p, "off", "exponential(mean=15 s)", "a silence", Drawn::Times);
  if (!on || !off || !(rate.value > 0)) return nullptr;
  if (on->at(0.5) < 1) {
    p.error("on", "half of the bursts last no time");
    return nullptr;
  }
  return std::make_unique<OnOff>(Habits{sources, 1e9 / rate.value, *on, *off});
}

}  // namespace kvern::arrivals::on_off
