#include "tests/bench/serving_cases.h"

#include <fmt/format.h>

#include <stdexcept>

#include "traces/generate/generated_arrivals.h"

namespace kvern::bench {

std::unique_ptr<Arrivals> generated(const ServingCase& serving) {
  Issues issues;
  WorkloadSpec spec;
  spec.arrivals = parse_policy(fmt::format("poisson(rate={} req/s)", serving.rate), {}, issues);
  spec.lengths = parse_policy(serving.lengths, {}, issues);
  spec.requests = serving.requests;
  auto arrivals = make_generated_arrivals(spec, 1, 0, issues);
  if (issues.any_error()) throw std::runtime_error(issues.text());
  return arrivals;
}

HeldRequests::HeldRequests(Arrivals& source) : block_size_(source.block_size()) {
  Arrival arrival;
  while (source.next_time() != kNever) {
    source.pop(arrival);
    offsets_.push_back(ids_.size());
    ids_.insert(ids_.end(), arrival.blocks.begin(), arrival.blocks.end());
    arrival.blocks = {};
    requests_.push_back(arrival);
  }
  offsets_.push_back(ids_.size());
}

class HeldReplay final : public Arrivals {
 public:
  explicit HeldReplay(const HeldRequests& held) : held_(held) {}
  SimTime next_time() override {
    return next_ < held_.requests_.size() ? held_.requests_[next_].time : kNever;
  }
  void pop(Arrival& arrival) override {
    arrival = held_.requests_[next_];
    arrival.blocks = {held_.ids_.data() + held_.offsets_[next_],
                      held_.offsets_[next_ + 1] - held_.offsets_[next_]};
    ++next_;
  }
  std::uint32_t block_size() const override { return held_.block_size_; }

 private:
  const HeldRequests& held_;
  std::size_t next_ = 0;
};

std::unique_ptr<Arrivals> HeldRequests::replay() const {
  return std::make_unique<HeldReplay>(*this);
}

ClusterSetup setup_of(const ServingCase& serving, std::unique_ptr<Arrivals> arrivals,
                      Records& records) {
  lab::Lab lab;
  lab.batching = serving.batching;
  lab.replicas = serving.replicas;
  lab.blocks = serving.blocks;
  lab.prefix_cache = serving.prefix_cache;
  lab.token_eviction = serving.token_eviction;
  lab.layers = 32;
  lab.kv_heads = 8;
  lab.eviction = serving.eviction;
  lab.self_checks = false;
  ClusterSetup setup = lab::setup_of(lab, records);
  setup.arrivals = std::move(arrivals);
  setup.eviction_rows = false;
  return setup;
}

}  // namespace kvern::bench
