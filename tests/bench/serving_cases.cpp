#include "tests/bench/serving_cases.h"

#include <fmt/format.h>

#include <stdexcept>

#include "traces/generated_arrivals.h"

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

ClusterSetup setup_of(const ServingCase& serving, Records& records) {
  lab::Lab lab;
  lab.batching = serving.batching;
  lab.replicas = serving.replicas;
  lab.blocks = serving.blocks;
  lab.self_checks = false;
  ClusterSetup setup = lab::setup_of(lab, records);
  setup.arrivals = generated(serving);
  setup.eviction_rows = false;
  return setup;
}

}  // namespace kvern::bench
