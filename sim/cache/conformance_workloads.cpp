#include "sim/cache/conformance_workloads.h"

#include <algorithm>
#include <span>

#include "sim/base/random.h"

namespace kvern {
namespace {

constexpr std::uint32_t kAccesses = 1500;
constexpr SimTime kGap = 7 * kMillisecond;  // between requests

class Maker {
 public:
  explicit Maker(std::string name) {
    made_.name = std::move(name);
    made_.trace.block_size = 16;
  }
  // Ids are made dense at the end.
  void request(std::span<const std::uint32_t> ids, std::uint16_t tenant = 0) {
    CacheTrace& t = made_.trace;
    t.ids.insert(t.ids.end(), ids.begin(), ids.end());
    t.request_end.push_back(t.ids.size());
    t.prompt_tokens.push_back(static_cast<std::uint32_t>(ids.size()) * t.block_size);
    t.tenant.push_back(tenant);
    t.category.push_back(static_cast<std::uint16_t>(tenant % 3));
    t.arrival.push_back(static_cast<SimTime>(t.request_end.size()) * kGap);
  }
  void access(std::uint32_t id, std::uint16_t tenant = 0) { request({&id, 1}, tenant); }

  ConformanceWorkload take() {
    CacheTrace& t = made_.trace;
    const std::uint32_t highest = *std::max_element(t.ids.begin(), t.ids.end());
    std::vector<std::uint32_t> dense(highest + 1, UINT32_MAX);
    for (std::uint32_t& id : t.ids) {
      if (dense[id] == UINT32_MAX) dense[id] = t.distinct++;
      id = dense[id];
    }
    return std::move(made_);
  }

 private:
  ConformanceWorkload made_;
};

ConformanceWorkload zipf(std::uint32_t capacity) {
  Maker maker("zipf");
  Stream stream(1, "conformance.zipf");
  const WeightedChoice popular(zipf_weights(8 * capacity + 8, 1.0));
  for (std::uint32_t i = 0; i < kAccesses; ++i) maker.access(popular.draw(stream));
  return maker.take();
}

ConformanceWorkload scan() {
  Maker maker("scan");
  for (std::uint32_t i = 0; i < kAccesses / 2; ++i) maker.access(i);
  return maker.take();
}

ConformanceWorkload loop(std::uint32_t capacity) {
  Maker maker("loop");
  for (std::uint32_t i = 0; i < kAccesses; ++i) maker.access(i % (capacity + 1));
  return maker.take();
}

ConformanceWorkload single() {
  Maker maker("single");
  for (std::uint32_t i = 0; i < 100; ++i) maker.access(0);
  return maker.take();
}

// The most popular block is another one every 20 accesses.
ConformanceWorkload drift(std::uint32_t capacity) {
  Maker maker("drift");
  Stream stream(1, "conformance.drift");
  const std::uint32_t ids = 4 * capacity + 8;
  const WeightedChoice popular(zipf_weights(ids, 1.2));
  for (std::uint32_t i = 0; i < kAccesses; ++i) {
    maker.access((popular.draw(stream) + i / 20) % ids);
  }
  return maker.take();
}

// Half way the most popular become the least popular.
ConformanceWorkload flip(std::uint32_t capacity) {
  Maker maker("flip");
  Stream stream(1, "conformance.flip");
  const std::uint32_t ids = 4 * capacity + 8;
  const WeightedChoice popular(zipf_weights(ids, 1.0));
  for (std::uint32_t i = 0; i < kAccesses; ++i) {
    const std::uint32_t rank = popular.draw(stream);
    maker.access(i < kAccesses / 2 ? rank : ids - 1 - rank);
  }
  return maker.take();
}

// An old tenant's steady few blocks, and every 100 accesses a new tenant with many.
ConformanceWorkload bursts(std::uint32_t capacity) {
  Maker maker("bursts");
  Stream stream(1, "conformance.bursts");
  const std::uint32_t own = capacity / 2 + 1;
  for (std::uint32_t i = 0; i < kAccesses; ++i) {
    const auto draw = static_cast<std::uint32_t>(stream.bits() >> 40);
    const std::uint32_t tenant = draw % 4 == 0 ? 0 : 1 + i / 100;
    const std::uint32_t blocks = tenant == 0 ? own : 2 * capacity + 3;
    maker.access(tenant * (2 * capacity + 3) + draw / 4 % blocks,
                 static_cast<std::uint16_t>(tenant));
  }
  return maker.take();
}

// Sessions over three shared heads of two blocks: each turn adds a block to the one before.
ConformanceWorkload prompts() {
  Maker maker("prompts");
  Stream stream(1, "conformance.prompts");
  std::vector<std::vector<std::uint32_t>> sessions(12);
  std::uint32_t fresh = 6;
  for (std::uint32_t accesses = 0; accesses < kAccesses;) {
    const auto draw = static_cast<std::uint32_t>(stream.bits() >> 40);
    const std::uint32_t which = draw % 12;
    std::vector<std::uint32_t>& session = sessions[which];
    if (session.empty() || draw / 12 % 6 == 0) {
      session = {2 * (which % 3), 2 * (which % 3) + 1};
    }
    session.push_back(fresh++);
    maker.request(session, static_cast<std::uint16_t>(which % 4));
    accesses += static_cast<std::uint32_t>(session.size());
  }
  return maker.take();
}

}  // namespace

std::vector<ConformanceWorkload> conformance_workloads(std::uint32_t capacity) {
  std::vector<ConformanceWorkload> all;
  all.push_back(zipf(capacity));
  all.push_back(scan());
  all.push_back(loop(capacity));
  all.push_back(single());
  all.push_back(drift(capacity));
  all.push_back(flip(capacity));
  all.push_back(bursts(capacity));
  all.push_back(prompts());
  return all;
}

}  // namespace kvern
