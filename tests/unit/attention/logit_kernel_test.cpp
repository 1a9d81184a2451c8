#include "sim/attention/head/logit_kernel.h"

#include <gtest/gtest.h>

#include "tests/lab/recordings.h"

namespace kvern {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
  return sum;
}

// Recorded at their original positions, keys 0 1 2 3 6 7 8 and query 9 of a StreamingLLM cache
// must score as if they stood at 0 .. 7.
TEST(LogitKernel, CachePositionsAreThoseOfTheSlots) {
  auto text = lab::random_text({.tokens = 10, .kv_heads = 1, .group = 1, .dim = 4});
  const auto plain = text.layers[0];
  text.sequence.rope_theta = 100;
  const Rotary rotary(100, 4, 16);
  for (std::uint32_t t = 0; t < 10; ++t) {
    rotary.turn(std::span(text.layers[0].q).subspan(t * 4, 4), t);
    rotary.turn(std::span(text.layers[0].k).subspan(t * 4, 4), t);
  }
  const TokenLayer layer = token_layer(text.sequence, text.layers[0], 0);
  LogitKernel kernel(layer);
  const std::vector<std::uint32_t> kept = {0, 1, 2, 3, 6, 7, 8, 9};
  std::vector<double> logits;
  kernel.kept_row(0, 9, kept, layer.vectors, true, logits);
  for (std::uint32_t slot = 0; slot < kept.size(); ++slot) {
    std::vector<double> query(plain.q.begin() + 36, plain.q.begin() + 40);
    std::vector<double> key(plain.k.begin() + kept[slot] * 4, plain.k.begin() + kept[slot] * 4 + 4);
    rotary.turn(std::span(query), 7);
    rotary.turn(std::span(key), slot);
    EXPECT_NEAR(logits[slot], dot(query, key) / 2, 1e-5) << slot;
  }
}

// Blocks of eight keys at once, and one after the other: the same bits.
TEST(LogitKernel, RowsAreEqualHoweverTheyAreComputed) {
  const auto text = lab::random_text({.tokens = 21, .kv_heads = 2, .group = 2, .dim = 6});
  const TokenLayer layer = token_layer(text.sequence, text.layers[0], 0);
  LogitKernel kernel(layer);
  std::vector<std::uint32_t> all;
  for (std::uint32_t j = 0; j < 20; ++j) all.push_back(j);
  std::vector<double> row, kept;
  kernel.row(3, 19, row);
  kernel.kept_row(3, 19, all, layer.vectors, false, kept);
  EXPECT_EQ(row, kept);
}

}  // namespace
}  // namespace kvern
