// Who pays for a step: shares by hand, counters by hand, and the parts of a real step.
#include "sim/energy/attribution.h"

#include "models/power/state_power.h"
#include "sim/energy/share_meter.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

TEST(ShareMeter, SharesEquallyAndKeepsWhatIsLeft) {
  ShareMeter<1, 1> meter;
  const auto start = meter.read();
  meter.add(0, 10, 3);  // 3 each, 1 left
  EXPECT_EQ(meter.read().share[0], 3U);
  meter.add(0, 3, 2);  // 3 + 1 = 4: 2 each
  meter.read();
  EXPECT_EQ(meter.shared_since(start, 0), 5);
}

TEST(ShareMeter, ASequencePaysForTheContextItReads) {
  ShareMeter<1, 1> meter;
  meter.add_kv(0, 99, 0, 7);  // before it joined
  const auto mark = meter.read();
  // Joins at step 7 with a context of 100; 3 steps at 2 pJ a token, then 2 steps at 5 pJ:
  // 2 (100 + 101 + 102) + 5 (103 + 104) = 606 + 1035
  meter.add_kv(0, 2, 7, 3);
  meter.add_kv(0, 5, 10, 2);
  EXPECT_EQ(meter.kv_since(mark, 0, {100, 7, true}), 1641);
  // Always 100: 6 * 100 + 10 * 100
  EXPECT_EQ(meter.kv_since(mark, 0, {100, 7, false}), 1600);
}

// Two decodes beside chunks of 30 tokens (which samples) and 10 behind 20.
TEST(StepShares, ByHand) {
  const std::vector<PrefillChunk> chunks = {{30, 0, true}, {10, 20, false}};
  const Caused own{4200, 300, 720, 600};
  StepShares shares;
  shares.set(Attribution::TokenShare, 2, chunks);
  // together 8400 by 2 : 30 : 10 tokens, own tokens alike, samples 2 : 1 : 0,
  // pairs 465 : 255 (10 * 20 + 55), reads 30 : 30
  EXPECT_EQ(shares.decodes(8400, own), 400 + 200 + 200);
  EXPECT_EQ(shares.chunk(0, 8400, own), 6000 + 3000 + 100 + 465 + 300);
  EXPECT_EQ(shares.chunk(1, 8400, own), 2000 + 1000 + 0 + 255 + 300);
  // Equally among four sequences: 2 : 1 : 1.
  shares.set(Attribution::EqualShare, 2, chunks);
  EXPECT_EQ(shares.decodes(8400, own), 4200 + 200 + 200);
  EXPECT_EQ(shares.chunk(1, 8400, own), 2100 + 1000 + 0 + 255 + 300);
}

// The game of two sequences that may decode alone or together, priced for real: each pays what it
// adds, averaged over who comes first. Contexts of 2,000 and 8,000 tokens, batch of one graph.
TEST(Shapley, IsTheMeanOfWhatEachAddsWhoeverComesFirst) {
  Priced priced("h100_sxm", "llama-3.1-8b", "roofline");
  std::string refusal;
  const auto power = make_state_power(priced.deployment, *priced.cost, {}, refusal);
  const auto joules = [&](std::uint32_t decodes, std::uint64_t kv) {
    Work work;
    work.growing = decodes;
    work.kv_tokens = kv;
    priced.cost->work({decodes, kv, 8000, {}}, work);
    Price price;
    power->price(work, price);
    double sum = 0;
    for (const Line& part : price.picojoules) sum += static_cast<double>(part.first);
    const double kv_token =
        static_cast<double>(price.kv.arithmetic + price.kv.bytes + price.kv.standby);
    return std::pair(sum * 1e-12, kv_token * 1e-12);
  };
  const double both = joules(2, 10'000).first;
  const double a = joules(1, 2'000).first;
  const double b = joules(1, 8'000).first;
  const double shapley_a = (a + (both - b)) / 2;
  // Ours: own KV tokens, the rest equally.
  const double kv_token = joules(2, 10'000).second;
  const double ours = kv_token * 2'000 + (both - kv_token * 10'000) / 2;
  EXPECT_NEAR(ours, shapley_a, 0.002 * shapley_a);
  // Equal shares without one's own time would be further off.
  EXPECT_GT(both / 2 - shapley_a, 0.02 * shapley_a);
}

// A step of one chunk of 512 tokens beside 8 decodes: nothing negative, parts whole.
TEST(Division, NeverExceedsItsPart) {
  Priced priced("h100_sxm", "llama-3.1-8b", "roofline");
  std::string refusal;
  const auto power = make_state_power(priced.deployment, *priced.cost, {}, refusal);
  const std::vector<PrefillChunk> chunks = {{512, 1024, true}};
  Work work;
  work.growing = 8;
  work.kv_tokens = std::uint64_t{8} * 2000;
  priced.cost->work({8, 8 * 2000, 2000, chunks}, work);
  Price price;
  power->price(work, price);
  for (const bool standby : {false, true}) {
    Division division;
    power->divide(work, standby, division);
    for (std::size_t part = 0; part < kEnergyParts; ++part) {
      const Caused& own = division[part];
      const std::int64_t kv = part == static_cast<std::size_t>(EnergyPart::Attention)
                                  ? (price.kv.arithmetic + (standby ? price.kv.standby : 0))
                              : part == static_cast<std::size_t>(EnergyPart::KvRead)
                                  ? price.kv.bytes
                                  : 0;
      const std::int64_t sum = own.tokens + own.samples + own.pairs + own.reads + kv * 16'000;
      // Rates are whole pJ a token.
      EXPECT_LE(sum, price.picojoules[part].first + 16'000) << part << " " << standby;
    }
    // The MLP's 512 + 8 tokens (a graph of 520 rows, in tiles of 64: 576) x 3 x 4096 x 14336 x 2
    // FLOP x 32 layers at 1.27 pJ = 8.25 J before the clock's factor; the weights are shared.
    const Caused& mlp = division[static_cast<int>(EnergyPart::Mlp)];
    EXPECT_GT(mlp.tokens, 0);
    EXPECT_EQ(mlp.samples + mlp.pairs + mlp.reads, 0);
    EXPECT_GT(division[static_cast<int>(EnergyPart::LmHead)].samples, 0);
    EXPECT_GT(division[static_cast<int>(EnergyPart::KvRead)].reads, 0);
  }
}

}  // namespace
}  // namespace kvern
