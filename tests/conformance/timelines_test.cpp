// Random flows on both timelines: beside a plain reference of max-min fair sharing, and under whole
// random clusters with memory tiers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/base/random.h"
#include "sim/timeline/timeline.h"
#include "tests/lab/child_run.h"
#include "tests/lab/random_lab.h"

namespace kvern::lab {
namespace {

struct Network {
  std::vector<std::int64_t> rates;       // B/s, by link
  std::vector<std::vector<int>> routes;  // links, 100 ns each
};
struct Start {
  SimTime time;
  int route;
  std::int64_t bytes;
};

// Flows as real numbers of bytes; a flow is gone at the nanosecond nearest to its last byte.
class FluidReference {
 public:
  explicit FluidReference(const Network& network) : network_(network) {}
  std::vector<SimTime> ends(const std::vector<Start>& starts) {
    flows_.clear();
    SimTime now = 0;
    for (std::size_t next = 0;;) {
      share(now);
      SimTime first = kNever;
      for (const Flow& flow : flows_) first = std::min(first, flow.through);
      const SimTime start = next < starts.size() ? starts[next].time : kNever;
      if (std::min(first, start) == kNever) break;
      pass(std::min(first, start) - now);
      now = std::min(first, start);
      if (first <= start) {
        for (Flow& flow : flows_) {
          if (flow.through == first) leave(flow);
        }
      } else {
        begin(starts[next++]);
      }
    }
    std::vector<SimTime> out;
    for (const Flow& flow : flows_) out.push_back(flow.end);
    return out;
  }
  // Whether the latest ends() had each flow share a link.
  bool alone(std::size_t flow) const { return flows_[flow].alone; }

 private:
  struct Flow {
    std::vector<int> way;
    double left = 0;
    double rate = 0;  // B/ns
    SimTime alone_through = 0;
    SimTime through = kNever;  // kNever: it is
    SimTime end = kNever;
    bool alone = true;
  };
  static bool meet(const Flow& a, const Flow& b) {
    return std::any_of(a.way.begin(), a.way.end(), [&b](int link) {
      return std::find(b.way.begin(), b.way.end(), link) != b.way.end();
    });
  }
  void begin(const Start& start) {
    Flow flow;
    flow.way = network_.routes[static_cast<std::size_t>(start.route)];
    flow.left = static_cast<double>(start.bytes);
    std::int64_t slowest = INT64_MAX;
    for (const int link : flow.way) {
      slowest = std::min(slowest, network_.rates[static_cast<std::size_t>(link)]);
    }
    flow.alone_through = start.time + (start.bytes * kSecond + slowest - 1) / slowest;
    flow.through = flow.alone_through;
    for (Flow& other : flows_) {
      if (other.end == kNever && meet(flow, other)) flow.alone = other.alone = false;
    }
    flows_.push_back(std::move(flow));
  }
  void leave(Flow& flow) {
    flow.end = flow.through + 100 * static_cast<SimTime>(flow.way.size());
    flow.through = kNever;
  }
  void pass(SimTime ns) {
    for (Flow& flow : flows_) flow.left -= flow.rate * static_cast<double>(ns);
  }
  // Again and again the link with the least a flow fixes the rates of its flows.
  void share(SimTime now) {
    std::vector<Flow*> open;
    for (Flow& flow : flows_) {
      if (flow.end == kNever) open.push_back(&flow);
    }
    std::vector<double> left(network_.rates.begin(), network_.rates.end());
    while (!open.empty()) {
      std::map<int, int> users;
      for (const Flow* flow : open) {
        for (const int link : flow->way) ++users[link];
      }
      int tightest = -1;
      double least = INFINITY;
      for (const auto& [link, count] : users) {
        const double each = left[static_cast<std::size_t>(link)] / count;
        if (each < least) least = each, tightest = link;
      }
      std::erase_if(open, [&](Flow* flow) {
        const auto& way = flow->way;
        if (std::find(way.begin(), way.end(), tightest) == way.end()) return false;
        flow->rate = least * 1e-9;
        for (const int link : way) left[static_cast<std::size_t>(link)] -= least;
        const double ns = std::max(0.0, flow->left) / flow->rate;
        flow->through = flow->alone ? flow->alone_through : now + std::llround(ns);
        return true;
      });
    }
  }

  Network network_;
  std::vector<Flow> flows_;
};

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : stream_(seed, "timelines") {}
  std::int64_t roll(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(stream_.uniform() * static_cast<double>(to - from + 1));
  }

 private:
  Stream stream_;
};

Network random_network(Draws& draws) {
  Network network;
  for (int i = 0; i < 8; ++i) {
    const std::int64_t unit = draws.roll(0, 1) == 0 ? 10'000'000 : 1'000'000'000;
    network.rates.push_back(draws.roll(1, 99) * unit);
  }
  for (int i = 0; i < 16; ++i) {
    auto& way = network.routes.emplace_back();
    for (int link = 0; link < 8; ++link) {
      if (draws.roll(0, 3) == 0) way.push_back(link);
    }
    if (way.empty()) way.push_back(i % 8);
  }
  return network;
}

// Microseconds and kilobytes.
std::vector<Start> random_starts(Draws& draws) {
  std::vector<Start> starts;
  SimTime now = 0;
  for (std::int64_t i = draws.roll(1, 12); i > 0; --i) {
    now += draws.roll(0, 2) == 0 ? 0 : draws.roll(0, 20'000);
    starts.push_back({now, static_cast<int>(draws.roll(0, 15)), draws.roll(0, 200) * 1000});
  }
  return starts;
}

// As a cluster drives it, or asked only when flows start and at the end.
std::vector<SimTime> ends_on(Timeline& timeline, const std::vector<Start>& starts, SimTime begin,
                             bool watched) {
  std::map<FlowId, std::size_t> number;
  std::vector<FlowEnd> over;
  for (const Start& start : starts) {
    while (watched && timeline.next_end() <= begin + start.time) {
      timeline.ended(timeline.next_end(), over);
    }
    const auto route = static_cast<std::uint32_t>(start.route);
    const FlowId flow = timeline.start(RouteId{route}, start.bytes, begin + start.time);
    number.emplace(flow, number.size());
  }
  while (timeline.next_end() != kNever) timeline.ended(timeline.next_end(), over);
  std::vector<SimTime> ends(starts.size(), kNever);
  for (const FlowEnd& end : over) ends[number.at(end.flow)] = end.time - begin;
  return ends;
}

void lay(Timeline& timeline, const Network& network) {
  std::vector<LinkId> links;
  for (const std::int64_t rate : network.rates) {
    links.push_back(timeline.add_link({static_cast<double>(rate)}, {100}));
  }
  for (const auto& route : network.routes) {
    std::vector<LinkId> way;
    for (const int link : route) way.push_back(links[static_cast<std::size_t>(link)]);
    timeline.add_route(way);
  }
}

// One engine carries them all, one after the other; each begins when nothing is in flight.
void expect_fluid_ends(std::uint64_t seed) {
  Draws draws(seed);
  const Network network = random_network(draws);
  FluidReference reference(network);
  const auto simgrid = make_simgrid_timeline();
  const auto plain = make_plain_timeline();
  lay(*simgrid, network);
  lay(*plain, network);
  int contended = 0;
  SimTime begin = 0;
  for (int episode = 0; episode < 300; ++episode) {
    const std::vector<Start> starts = random_starts(draws);
    const std::vector<SimTime> expected = reference.ends(starts);
    begin += episode % 7 == 6 ? 100'000 * kSecond : kSecond;
    const auto ends = ends_on(*simgrid, starts, begin, episode % 2 == 0);
    const auto lone = ends_on(*plain, starts, begin, true);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::string where = fmt::format("seed {} episode {} flow {}", seed, episode, i);
      // A half is rounded by the last bit of a double.
      EXPECT_NEAR(static_cast<double>(ends[i]), static_cast<double>(expected[i]), 1) << where;
      if (reference.alone(i)) {
        EXPECT_EQ(ends[i], lone[i]) << where;
      }
      contended += reference.alone(i) ? 0 : 1;
    }
  }
  EXPECT_GT(contended, 300);
}

TEST(Timelines, SimgridEndsRandomFlowsWhereAFluidDoes) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    EXPECT_EXIT(
        {
          expect_fluid_ends(seed);
          std::_Exit(testing::Test::HasFailure() ? 1 : 0);
        },
        testing::ExitedWithCode(0), "");
  }
}

// Two transfers of one link whose bytes are under way together.
bool contends(const Lab& lab, const std::vector<TransferRow>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const TransferRow &a = rows[i], &b = rows[j];
      if (a.from != b.from || a.tier != b.tier || a.kind != b.kind) continue;
      const SimTime latency = lab.tiers.at(a.tier - std::size_t{1}).latency;
      if (a.start_ns < b.end_ns - latency && b.start_ns < a.end_ns - latency) return true;
    }
  }
  return false;
}

TEST(Timelines, RandomClustersRunOnBothAndDifferOnlyByContention) {
  int contended = 0, same = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Lab lab = random_tier_lab(seed);
    const auto plain = run(lab);
    lab.simgrid = true;
    const std::string fused = text_of_child(lab, false);
    // Of transfers that a stop cuts short there are no rows.
    if (lab.stop != kNever || contends(lab, plain->transfers)) {
      ++contended;
    } else {
      ++same;
      EXPECT_EQ(text(*plain, false), fused) << seed << describe(lab);
    }
    if (seed % 3 != 0) continue;
    lab.stepwise = true;
    ASSERT_EQ(text_of_child(lab, false), fused) << seed << describe(lab);
  }
  EXPECT_GT(contended, 20);
  EXPECT_GT(same, 20);
}

}  // namespace
}  // namespace kvern::lab
