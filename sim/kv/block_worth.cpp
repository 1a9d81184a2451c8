#include "sim/kv/block_worth.h"

#include <algorithm>

#include "sim/ledger.h"

namespace kvern {
namespace {

struct Paid {
  Int128 ticks = 0;
  Int128 picojoules = 0;  // beyond idle
};

// A block's share of a step that prefills a chunk behind `before` tokens.
Paid paid(StepCost& cost, Power& power, std::uint32_t block_size, std::uint32_t chunk,
          std::uint32_t before) {
  const PrefillChunk prefill{chunk, before, false};
  Batch batch;
  batch.prefill = {&prefill, 1};
  batch.probe = true;
  Work work;
  cost.work(batch, work);
  Price price;
  power.price(work, price);
  Paid out{price.ticks.first, 0};
  if (power.known()) {
    for (const Line& part : price.picojoules) out.picojoules += part.first;
    out.picojoules -= (out.ticks >> kTickBits) * power.idle_picojoules_per_us() / 1000;
  }
  out.ticks = out.ticks * block_size / chunk;
  out.picojoules = std::max<Int128>(0, out.picojoules) * block_size / chunk;
  return out;
}

}  // namespace

BlockWorth block_worth(StepCost& cost, Power& power, std::uint32_t block_size,
                       std::uint32_t most_tokens, std::uint32_t bytes) {
  const std::uint32_t chunk = std::min(most_tokens, 2048U);
  const std::uint32_t between = 16 * chunk;  // tokens
  const Paid near = paid(cost, power, block_size, chunk, 0);
  const Paid far = paid(cost, power, block_size, chunk, between);
  BlockWorth worth;
  worth.bytes = bytes;
  const auto by_depth = [&](Int128 first, Int128 last) {
    const Int128 slope = std::max<Int128>(0, last - first) * block_size / between;
    return Line{static_cast<std::int64_t>(first), static_cast<std::int64_t>(slope)};
  };
  worth.ticks_by_depth = by_depth(near.ticks, far.ticks);
  worth.joules_known = power.known();
  worth.picojoules_by_depth = by_depth(near.picojoules, far.picojoules);
  return worth;
}

}  // namespace kvern
