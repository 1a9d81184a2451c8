#include <gmock/gmock.h>

#include <numeric>

#include "policies/token_eviction.h"
#include "tests/lab/recordings.h"

namespace kvern {

struct Quantised {
  lab::RecordedText text;
  std::unique_ptr<TokenEviction> policy;
  TokenStorage* storage = nullptr;

  Quantised(const lab::RecordedText& from, const std::string& spec) : text(from) {
    policy = lab::token_policy(spec)();
    layer = token_layer(text.sequence, text.layers[0], 0);
    policy->begin(layer, rows);
    storage = policy->storage();
    storage->begin(layer);
    std::vector<std::uint32_t> kept(layer.bounds.prompt_tokens);
    std::iota(kept.begin(), kept.end(), 0U);
    TokenWork work;
    storage->settle(0, {}, kept, work);
  }
  float key(std::uint32_t t) const { return storage->vectors().key(0, t)[0]; }
  float value(std::uint32_t t, std::uint32_t d = 0) const {
    return storage->vectors().value(0, t)[d];
  }

  struct NoRows final : AttentionRows {
    std::span<const double> mass(std::uint32_t, std::uint32_t) override { return {}; }
    std::span<const double> logits(std::uint32_t, std::uint32_t) override { return {}; }
  } rows;
  TokenLayer layer;
};

// One dimension, groups of 4 tokens, residual 1, 4 bits: keys 0 1 2 15 | ... have scale 1, so 0 1 2
// 15 are exact; 0.5 and 1.5 round half to even to 0 and 2. Token 8 is the residual.
TEST(KvQuant, KeysByChannel) {
  auto text = lab::random_text({.tokens = 9, .prompt = 9, .kv_heads = 1, .group = 1, .dim = 1});
  text.layers[0].k = {0, .5F, 1.5F, 15, 0, 30, 1.2F, 2.9F, .3F};
  const Quantised q(text, "kv_quant(full, bits=4, group=4, residual=1)");
  EXPECT_EQ(q.key(1), 0.F);
  EXPECT_EQ(q.key(2), 2.F);
  EXPECT_EQ(q.key(3), 15.F);
  EXPECT_EQ(q.key(6), 2.F);  // scale 2: 1.2 / 2 = .6
  EXPECT_EQ(q.key(8), .3F);
}

// Values of a token, 2 and 1 of its 3 dimensions a group; the newest 2 tokens are exact.
TEST(KvQuant, ValuesByToken) {
  auto text = lab::random_text({.tokens = 3, .prompt = 3, .kv_heads = 1, .group = 1, .dim = 3});
  text.layers[0].v = {1, 16, 7.3F, 1, 2.22F, 3.33F, 4, 5, 6};
  const Quantised q(text, "kv_quant(full, bits=4, group=2, residual=2)");
  EXPECT_EQ(q.value(0, 0), 1.F);
  EXPECT_EQ(q.value(0, 1), 16.F);
  EXPECT_EQ(q.value(0, 2), 7.3F);  // alone in its group: scale 0, zero 7.3
  EXPECT_EQ(q.value(1, 1), 2.22F);
}

// 40 tokens, residual 8, groups of 8: 32 keys and 32 values of 8 numbers in a byte each, with 8
// bytes of scale and zero in 8 numbers; 8 of each in 2 bytes.
TEST(KvQuant, BytesReadAreFewer) {
  const auto text =
      lab::random_text({.tokens = 41, .prompt = 40, .kv_heads = 1, .group = 1, .dim = 8});
  const HeadReplay head = lab::replay_head(text, "kv_quant(full, group=8, residual=8)");
  EXPECT_EQ(head.work.bytes_read, 64U * 8 * 2 + 18U * 8 * 2);
  EXPECT_GT(head.error_sum, 0);
  EXPECT_LT(head.error_sum, .05);
  EXPECT_GT(lab::replay_head(text, "kv_quant(full, group=8, residual=8, bits=4)").error_sum,
            head.error_sum);
}

TEST(KvQuant, WrapsAnyPolicy) {
  const auto text = lab::random_text({.tokens = 60, .prompt = 20});
  EXPECT_EQ(lab::replay_head(text, "kv_quant(window(size=20), group=4, residual=4)").kept,
            lab::replay_head(text, "window(size=20)").kept);
  EXPECT_THROW(lab::token_policy("kv_quant(full, bits=6)"), std::invalid_argument);
  EXPECT_THROW(lab::token_policy("kv_quant(kv_quant(full))"), std::invalid_argument);
}

TEST(KvQuant, WithoutAPolicyToWrapItIsAUserError) {
  for (const char* spec : {"kv_quant", "kv_quant(bits=4)", "kv_quant(nosuch)", "kv_quant(adakv)",
                           "adakv", "adakv(nosuch)", "adakv(kv_quant(nosuch))"}) {
    EXPECT_THROW(lab::token_policy(spec), std::invalid_argument) << spec;
  }
}

}  // namespace kvern
