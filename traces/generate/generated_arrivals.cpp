#include "traces/generate/generated_arrivals.h"

#include <algorithm>

#include "sim/base/exact_math.h"
#include "traces/arrivals.h"
#include "traces/tenants.h"

namespace kvern {

GeneratedArrivals::GeneratedArrivals(Parts parts, std::uint64_t seed, std::uint32_t block_size)
    : parts_(std::move(parts)),
      block_size_(block_size),
      arrivals_stream_(seed, "workload.arrivals"),
      lengths_stream_(seed, "workload.lengths"),
      prefix_stream_(seed, "workload.prefixes"),
      tenants_stream_(seed, "workload.tenants"),
      patience_stream_(seed, "workload.patience"),
      system_(parts_.prefixes->system, block_size, Stream(seed, "workload.prefixes.tokens")),
      next_start_(parts_.process->next(arrivals_stream_)) {
  if (!parts_.prefixes->sessions) return;
  SessionKeys keys = *parts_.prefixes->sessions;
  keys.output_max = parts_.max_tokens.value_or(UINT32_MAX);
  keys.answers = parts_.answers;
  sessions_.emplace(
      std::move(keys), parts_.lengths.get(), &system_, block_size,
      OpenSessions::Streams{lengths_stream_, prefix_stream_, Stream(seed, "workload.answers")});
}

SimTime GeneratedArrivals::next_time() {
  if (given_ == parts_.requests) return kNever;
  if (!sessions_) return next_start_;
  if (!sessions_->failure().empty()) return kNever;
  return std::min(next_start_, sessions_->next_time());
}

void GeneratedArrivals::pop(Arrival& arrival) {
  arrival = Arrival();
  arrival.id = RequestId{given_++};
  if (sessions_ && sessions_->next_time() <= next_start_) {
    arrival.time = sessions_->next_time();
    sessions_->resume(arrival);
  } else {
    arrival.time = next_start_;
    next_start_ = parts_.process->next(arrivals_stream_);
    if (parts_.tenants) {
      arrival.tenant = static_cast<std::uint16_t>(1 + parts_.tenants->draw(tenants_stream_));
    }
    if (sessions_) {
      sessions_->start(arrival);
    } else {
      const Lengths::Tokens drawn = parts_.lengths->draw(lengths_stream_);
      arrival.prompt_tokens = drawn.prompt;
      arrival.output_tokens = drawn.output;
      if (!system_.none()) {
        const auto begun = system_.begin(system_.draw(prefix_stream_), drawn.prompt);
        arrival.prompt_tokens = begun.prompt_tokens;
        arrival.blocks = begun.blocks;
      }
    }
  }
  const std::uint32_t declared = parts_.max_tokens.value_or(arrival.output_tokens);
  arrival.output_tokens = std::min(arrival.output_tokens, declared);
  arrival.max_tokens = declared;
  arrival.declares = parts_.max_tokens.has_value();
  if (!parts_.patience_ns) return;
  const double patience = parts_.patience_ns->at(patience_stream_.uniform());
  // 73 years hold 2^61 ns; who waits longer stays.
  if (patience < 0x1p61) arrival.leaves = arrival.time + exact::nearest_whole(patience);
  arrival.hangs_up = parts_.hangs_up;
}

void GeneratedArrivals::finished(RequestId request, SimTime now) {
  if (given_ == parts_.requests) return;
  if (sessions_ && sessions_->finished(request, now)) return;
  next_start_ = parts_.process->ended(now, next_start_, arrivals_stream_);
}

std::string GeneratedArrivals::failure() const {
  const std::string failure = parts_.process->failure();
  return failure.empty() && sessions_ ? sessions_->failure() : failure;
}

namespace {

// "my_lengths.csv" is short for quantiles(file=my_lengths.csv).
Config lengths_policy(Config spec) {
  Config* name = spec.find("policy");
  if (name == nullptr || name->text.find_first_of("./") == std::string::npos) return spec;
  Config file = *name;
  name->text = "quantiles";
  spec.members.push_back({"file", file.where, file});
  return spec;
}

}  // namespace

std::unique_ptr<GeneratedArrivals> make_generated_arrivals(const WorkloadSpec& spec,
                                                           std::uint64_t seed,
                                                           std::uint32_t block_size, Issues& issues,
                                                           KeyBook* book) {
  GeneratedArrivals::Parts parts;
  const auto make = [&](const auto& table, const char* port, const Config& policy) {
    return make_policy(table, port, policy, std::string("workload.") + port, issues, book);
  };
  bool sound = true;
  const auto missing = [&](const char* key, const char* example) {
    issues.error(spec.where, std::string("a generated workload needs `") + key + "`", example);
    sound = false;
  };
  if (spec.arrivals.members.empty()) {
    missing("arrivals", "arrivals = \"poisson(rate=5 req/s)\"");
  } else {
    parts.process = make(arrivals::table(), "arrivals", spec.arrivals);
  }
  parts.prefixes = spec.prefixes.members.empty()
                       ? std::make_unique<Prefixes>()
                       : make(prefixes::table(), "prefixes", spec.prefixes);
  const bool own_lengths = parts.prefixes != nullptr && parts.prefixes->brings_lengths;
  if (!spec.lengths.members.empty()) {
    if (own_lengths) {
      issues.error(spec.lengths.where, "these prefixes bring their own lengths",
                   "leave `lengths` out");
    }
    parts.lengths = make(lengths::table(), "lengths", lengths_policy(spec.lengths));
  } else if (!own_lengths) {
    missing("lengths", "lengths = \"azure2023_conversation\"");
  }
  if (!spec.tenants.members.empty()) {
    parts.tenants = make(tenants::table(), "tenants", spec.tenants);
    sound = sound && parts.tenants != nullptr;
  }
  sound = sound && parts.process && parts.prefixes && (parts.lengths || own_lengths);
  if (parts.process && parts.process->endless() && !spec.requests && !spec.stops) {
    missing("requests", "these arrivals never end: requests = 20000");
  }
  if (spec.answers && parts.prefixes && !parts.prefixes->sessions) {
    issues.error(
        spec.answers_where,
        "`answers` says what later turns find of an answer, and these prefixes have no turns",
        "leave `answers` out, or take the prefixes `sessions` or `agentic`");
  }
  if (!sound || issues.any_error()) return nullptr;
  parts.requests = spec.requests.value_or(UINT32_MAX);
  parts.max_tokens = spec.max_tokens;
  parts.patience_ns = spec.patience_ns;
  parts.hangs_up = spec.hangs_up;
  parts.answers = spec.answers.value_or(1);
  return std::make_unique<GeneratedArrivals>(std::move(parts), seed, block_size);
}

}  // namespace kvern
