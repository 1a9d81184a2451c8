#include "tests/lab/random_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "policies/admission.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "policies/preemption.h"
#include "policies/routing.h"
#include "policies/tiering.h"
#include "sim/base/random.h"

namespace kvern::lab {

namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_(seed, "lab") {}
  std::uint32_t roll(std::uint32_t from, std::uint32_t to) {
    return from + static_cast<std::uint32_t>(stream_.uniform() * (to - from + 1));
  }
  bool often() { return roll(0, 3) > 0; }
  bool half() { return roll(0, 1) == 1; }

 private:
  Stream stream_;
};

std::string random_batching(Dice& dice, bool v0) {
  const std::uint32_t seats = dice.half() ? dice.roll(1, 6) : 256;
  const std::uint32_t budget = dice.half() ? dice.roll(1, 40) : dice.roll(40, 400);
  if (v0) {
    return fmt::format(
        "vllm_v0(max_num_seqs={}, max_num_batched_tokens={}, can_append={}, "
        "watermark={}, chunked={})",
        seats, budget, dice.half() ? "exact" : "one_block", dice.half() ? 0.01 : 0.1, dice.half());
  }
  return fmt::format(
      "vllm_v1(max_num_seqs={}, max_num_batched_tokens={}, chunked_prefill={}, "
      "reserve_full_isl={}, long_prefill_token_threshold={}, watermark={})",
      seats, budget, dice.often(), dice.half(), dice.often() ? 0 : dice.roll(1, 12),
      dice.often() ? 0.0 : 0.1);
}

template <class Port>
std::string random_of(const PolicyTable<Port>& table, Dice& dice) {
  return table[dice.roll(0, static_cast<std::uint32_t>(table.size()) - 1)].name;
}

// A value for a key that a policy can't do without.
std::string random_value(const KeyEntry& entry, Dice& dice) {
  if (entry.type == "count") return std::to_string(dice.roll(1, 12));
  if (entry.type == "share") return fmt::format("{:.2f}", dice.roll(1, 20) * 0.05);
  if (entry.type == "duration") return fmt::format("{} us", dice.roll(1, 300));
  throw std::runtime_error("say here what a random " + entry.type + " is");
}

// Any of the catalogue, with the keys that it needs: a policy is in the labs by being there.
template <class Port>
std::string random_policy(const PolicyTable<Port>& table, Dice& dice) {
  const std::string name = random_of(table, dice);
  Issues issues;
  KeyBook book;
  make_policy(table, "lab", parse_policy(name, {}, issues), "lab", issues, &book);
  std::string keys;
  for (const KeyEntry& entry : book) {
    if (!entry.required) continue;
    keys += fmt::format("{}{}={}", keys.empty() ? "" : ", ", entry.key, random_value(entry, dice));
  }
  return keys.empty() ? name : fmt::format("{}({})", name, keys);
}

// A scheduler's text with one more key.
std::string with_key(std::string text, const std::string& key) {
  if (text.back() != ')') return text + "(" + key + ")";
  text.pop_back();
  return text + ", " + key + ")";
}

// The lab's own scheduler, with any preemption rule; or any other of the catalogue. What does not
// run on such a pool is not taken.
void draw_scheduler(Lab& lab, Dice& dice) {
  const auto runs = [&lab](const std::string& text) {
    Issues issues;
    const auto policy =
        make_policy(batching::table(), "batching", parse_policy(text, {}, issues), "lab", issues);
    const PoolLimits limits{lab.blocks, lab.block_size, lab.prefix_cache, !lab.tiers.empty()};
    return policy != nullptr && !issues.any_error() && policy->prepare(limits).empty();
  };
  const std::string other = dice.often() ? lab.batching : random_policy(batching::table(), dice);
  if (runs(other)) lab.batching = other;
  const std::string rule =
      with_key(lab.batching, "preemption=" + random_policy(preemption::table(), dice));
  if (dice.half() && runs(rule)) lab.batching = rule;
}

// Any that a serving run takes; wrappers around one.
std::string random_eviction(Dice& dice) {
  for (;;) {
    std::string text = random_of(eviction::table(), dice);
    Issues issues;
    auto policy =
        make_policy(eviction::table(), "eviction", parse_policy(text, {}, issues), "lab", issues);
    if (policy == nullptr) {
      text += dice.half() ? "(lru)" : "(arc)";
    } else if (policy->unbounded()) {
      continue;
    }
    return text;
  }
}

// Every shape of line: flat at once, growing up to a size, saw-teeth, fractions of a token (layers
// or heads that differ), reads that are not what is held.
std::string random_token_policy(Dice& dice) {
  const double budget = dice.roll(1, 20) * 0.05;
  const std::uint32_t size = dice.roll(4, 40);
  switch (dice.roll(0, 11)) {
    case 0:
      return fmt::format("h2o(budget={:.2f})", budget);
    case 1:
      return fmt::format("window(size={})", size);
    case 2:
      return fmt::format("streaming_llm(sinks=2, recent={})", size);
    case 3:
      return fmt::format("nacl(budget={:.2f})", budget);
    case 4:
      return fmt::format("pyramidkv(capacity={}, window=2)", size);
    case 5:
      return fmt::format("buzz(sinks=2, window=4, threshold={}, stride=3)", size);
    case 6:
      return fmt::format("scissorhands(size={}, recent=1, drop=3)", size);
    case 7:
      return fmt::format("quest(page=4, pages={})", dice.roll(1, 6));
    case 8:
      return "loki(keys=0.25)";
    case 9:
      return fmt::format("duo(sinks=2, recent={})", size);
    case 10:
      return fmt::format("l2_norm(size={}, skip_layers=1)", size);
    default:
      return fmt::format("h2o(heavy=3, recent={}, variant=A)", size);
  }
}

// From a few blocks to more than all requests have, from a link that is faster than prefill to one
// that is much slower.
LabTier random_tier(Dice& dice) {
  LabTier tier;
  tier.blocks = dice.half() ? dice.roll(1, 8) : dice.roll(8, 400);
  tier.bytes_per_second =
      std::int64_t{dice.roll(1, 9)} * (dice.half() ? 10'000'000 : 1'000'000'000);
  tier.latency = dice.half() ? 0 : dice.roll(1, 50) * 1000;
  tier.eviction = random_eviction(dice);
  tier.admission = dice.often() ? "" : random_of(cache_admission::table(), dice);
  tier.fetch = dice.half() ? "always" : random_of(tiering::table(), dice);
  tier.write_through = dice.half();
  tier.prefetch = dice.half();
  return tier;
}

// Some requests become the next turn of an earlier one: the prompt goes on from its answer. More
// than one may do so, before the answer has come too; and the names may go beyond what is computed.
void add_turns(Dice& dice, Lab& lab) {
  std::uint32_t next_block = 100'000;
  const auto full = [&lab](std::uint32_t tokens) { return tokens / lab.block_size; };
  for (std::uint32_t i = 0; i < lab.requests.size(); ++i) {
    LabRequest& request = lab.requests[i];
    if (i > 0 && dice.half()) {
      const LabRequest& before = lab.requests[dice.roll(i > 8 ? i - 8 : 0, i - 1)];
      request.prompt = before.prompt + before.output + dice.roll(0, 2 * lab.block_size);
      request.blocks = before.blocks;
      request.blocks.resize(std::min<std::size_t>(before.blocks.size(), full(before.prompt)));
      if (request.blocks.size() == full(before.prompt)) {
        request.blocks.insert(request.blocks.end(), before.answer.begin(), before.answer.end());
      }
      request.blocks.resize(std::min<std::size_t>(request.blocks.size(), full(request.prompt)));
      request.answer.clear();
    }
    if (!dice.often()) continue;
    while (request.blocks.size() < full(request.prompt)) request.blocks.push_back(next_block++);
    const std::uint32_t end = full(request.prompt + request.output + dice.roll(0, 3));
    request.answer.resize(std::min<std::size_t>(request.answer.size(), end - full(request.prompt)));
    while (full(request.prompt) + request.answer.size() < end) {
      request.answer.push_back(next_block++);
    }
  }
}

// Drawn apart, so that the labs of old stay what they were: outages and their ends, in any order.
std::vector<Incident> random_incidents(const Lab& lab, std::uint64_t seed) {
  Dice dice(seed ^ 0x1ac1);
  std::vector<Incident> incidents;
  if (!lab.tiers.empty() || dice.half()) return incidents;
  SimTime now = 0;
  for (std::uint32_t i = dice.roll(1, 6); i > 0; --i) {
    now += dice.often() ? dice.roll(0, 200) * 1000 : 0;
    const auto kind = static_cast<IncidentKind>(dice.roll(0, 2));
    incidents.push_back(
        {now, kind, ReplicaId{static_cast<std::uint16_t>(dice.roll(0, lab.replicas - 1))}});
  }
  return incidents;
}

}  // namespace

Lab random_lab(std::uint64_t seed) {
  Dice dice(seed);
  Lab lab;
  const bool v0 = dice.half();
  lab.batching = random_batching(dice, v0);
  lab.block_size = dice.half() ? 16 : dice.roll(1, 8);
  lab.blocks = dice.half() ? dice.roll(4, 20) : dice.roll(20, 300);
  lab.prefix_cache = !v0 && dice.half();
  if (!lab.prefix_cache && dice.half()) {
    lab.token_eviction = random_token_policy(dice);
    lab.layers = dice.roll(1, 4);
    lab.kv_heads = dice.roll(1, 3);
  }
  lab.replicas = dice.often() ? 1 : dice.roll(2, 5);
  lab.routing = dice.half() ? "round_robin" : "least_loaded";
  // Whole microseconds make ties; the other costs leave fractions of a nanosecond.
  lab.cost = dice.half() ? "affine(a=1 us, b=1 us, c=0 us, d=0 ns)"
                         : "affine(a=5.3 us, b=0.7 ns, c=12.25 ns, d=0.3 ns)";
  lab.joules = true;
  lab.bucket = dice.half() ? 0 : dice.roll(3, 300) * 1000;
  if (!dice.often()) lab.stop = dice.roll(10, 2000) * 1000;
  SimTime now = 0;
  const std::uint32_t count = dice.roll(1, 40);
  std::uint32_t next_block = 1000;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (dice.half()) now += dice.roll(0, dice.half() ? 5 : 300) * 1000;
    LabRequest& request = lab.requests.emplace_back();
    request.arrival = now;
    request.prompt = dice.half() ? dice.roll(1, 20) : dice.roll(1, 150);
    request.output = dice.half() ? dice.roll(1, 10) : dice.roll(1, 120);
    if (!lab.prefix_cache || !dice.often()) continue;
    // One of four shared beginnings, then blocks of its own; now and then ids of the answer too.
    const std::uint32_t full = request.prompt / lab.block_size;
    const std::uint32_t ids = dice.often() ? full : full + dice.roll(1, 4);
    const std::uint32_t family = dice.roll(0, 3) * 100;
    const std::uint32_t shared = dice.roll(0, std::min(ids, 99U));
    for (std::uint32_t b = 0; b < ids; ++b) {
      (b < full ? request.blocks : request.answer)
          .push_back(b < shared ? family + b : next_block++);
    }
  }
  // Drawn last, so that the labs of old stay what they were.
  lab.attribution = static_cast<Attribution>(dice.roll(0, 2));
  if (lab.prefix_cache) {
    lab.eviction = random_eviction(dice);
    lab.cache_admission = dice.half() ? "" : random_of(cache_admission::table(), dice);
    for (LabRequest& request : lab.requests) {
      request.tenant = static_cast<std::uint16_t>(dice.roll(0, 3));
      request.category = static_cast<std::uint16_t>(dice.roll(0, 2));
    }
    for (std::uint32_t i = dice.half() ? dice.roll(1, 3) : 0; i > 0; --i) {
      lab.tiers.push_back(random_tier(dice));
    }
    lab.any_block = lab.tiers.empty() && dice.half();
  }
  if (!v0 && !dice.often() && lab.tiers.empty()) {
    lab.batching.back() = ',';
    lab.batching += " async_scheduling=true)";
  }
  lab.incidents = random_incidents(lab, seed);
  const bool all_stay = dice.half();
  for (LabRequest& request : lab.requests) {
    if (all_stay || dice.often()) continue;
    request.leaves = request.arrival + dice.roll(0, dice.half() ? 30 : 600) * 1000;
    request.hangs_up = dice.often();
  }
  draw_scheduler(lab, dice);
  if (!dice.often()) lab.admission = random_policy(admission::table(), dice);
  if (dice.half()) lab.routing = random_policy(routing::table(), dice);
  if (lab.prefix_cache && dice.half()) add_turns(dice, lab);
  return lab;
}

Lab random_tier_lab(std::uint64_t seed) {
  Dice dice(seed ^ 0x7165);
  Lab lab;
  lab.batching = random_batching(dice, false);
  lab.block_size = dice.roll(1, 6);
  lab.blocks = dice.roll(12, 60);
  lab.prefix_cache = true;
  lab.replicas = dice.often() ? 1 : 2;
  lab.cost = dice.half() ? "affine(a=1 us, b=1 us, c=0 us, d=0 ns)"
                         : "affine(a=5.3 us, b=400.7 ns, c=12.25 ns, d=0.3 ns)";
  lab.joules = true;
  lab.bucket = dice.half() ? 0 : dice.roll(3, 300) * 1000;
  SimTime now = 0;
  std::uint32_t next_block = 1000;
  for (std::uint32_t i = dice.roll(20, 80); i > 0; --i) {
    if (dice.often()) now += dice.roll(0, dice.half() ? 40 : 400) * 1000;
    LabRequest& request = lab.requests.emplace_back();
    request.arrival = now;
    const std::uint32_t shared = dice.roll(0, 15), own = dice.roll(0, 4);
    const std::uint32_t family = dice.roll(0, 7) * 100;
    for (std::uint32_t b = 0; b < shared + own; ++b) {
      request.blocks.push_back(b < shared ? family + b : next_block++);
    }
    request.prompt = (shared + own) * lab.block_size + dice.roll(1, lab.block_size);
    request.output = dice.half() ? dice.roll(1, 5) : dice.roll(1, 60);
    request.tenant = static_cast<std::uint16_t>(dice.roll(0, 3));
  }
  if (!dice.often()) lab.stop = dice.roll(1, static_cast<std::uint32_t>(now / 1000) + 1) * 1000;
  lab.eviction = dice.half() ? "lru" : random_eviction(dice);
  lab.cache_admission = dice.often() ? "" : random_of(cache_admission::table(), dice);
  for (std::uint32_t i = dice.roll(1, 3); i > 0; --i) lab.tiers.push_back(random_tier(dice));
  for (LabRequest& request : lab.requests) {
    if (seed % 2 == 0 || dice.often()) continue;
    request.leaves = request.arrival + dice.roll(0, dice.half() ? 30 : 600) * 1000;
    request.hangs_up = dice.often();
  }
  draw_scheduler(lab, dice);
  if (!dice.often()) lab.admission = random_policy(admission::table(), dice);
  lab.routing = random_policy(routing::table(), dice);
  if (seed % 3 == 1) add_turns(dice, lab);
  return lab;
}

std::string describe(const Lab& lab) {
  std::string out = fmt::format(
      "{} {} {} cost {} replicas {} blocks {} x {} prefix {} any {} {} behind \"{}\" tokens {} "
      "layers "
      "{} x {} bucket {} stop {}\n",
      lab.batching, lab.routing, lab.admission, lab.cost, lab.replicas, lab.blocks, lab.block_size,
      lab.prefix_cache, lab.any_block, lab.eviction, lab.cache_admission, lab.token_eviction,
      lab.layers, lab.kv_heads, lab.bucket, lab.stop);
  for (const LabTier& t : lab.tiers) {
    out += fmt::format("  tier {} blocks {} B/s latency {} {} behind \"{}\" fetch {}{}{}\n",
                       t.blocks, t.bytes_per_second, t.latency, t.eviction, t.admission, t.fetch,
                       t.write_through ? " through" : "", t.prefetch ? " prefetch" : "");
  }
  for (const Incident& i : lab.incidents) {
    out += fmt::format("  incident {} at {} of {}\n", static_cast<int>(i.kind), i.time,
                       index(i.replica));
  }
  for (const LabRequest& r : lab.requests) {
    out += fmt::format("  {} + {} -> {} of {} ids {} answer {} leaves {} {}\n", r.arrival, r.prompt,
                       r.output, r.max_tokens, fmt::join(r.blocks, ","), fmt::join(r.answer, ","),
                       r.leaves, r.hangs_up);
  }
  return out;
}

}  // namespace kvern::lab
