#include "sim/serving/block_worth.h"

#include <algorithm>

#include "sim/ledger.h"

namespace kvern {

BlockWorth block_worth(StepCost& cost, Power& power, std::uint32_t block_size,
                       std::uint32_t most_tokens, std::uint32_t bytes) {
  const std::uint32_t chunk = std::min(most_tokens, 2048U);
  const std::uint32_t far = 16 * chunk;
  const auto ticks_of_block = [&](std::uint32_t before) {
    const PrefillChunk prefill{chunk, before, false};
    Batch batch;
    batch.prefill = {&prefill, 1};
    Work work;
    cost.work(batch, work);
    Price price;
    power.price(work, price);
    return Int128{price.ticks.first} * block_size / chunk;
  };
  const Int128 first = ticks_of_block(0);
  const Int128 slope = std::max<Int128>(0, ticks_of_block(far) - first) * block_size / far;
  return {bytes, {static_cast<std::int64_t>(first), static_cast<std::int64_t>(slope)}};
}

}  // namespace kvern
