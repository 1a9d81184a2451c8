// Wraps a policy and keeps keys and values in few bits, as kv_quant(h2o(budget=0.2), bits=4):
// asymmetric, from the smallest to the largest of a group, rounded half to even, with scale and
// zero in float32. Along the axis `channel` a group is `group` tokens of one dimension; along
// `token` it is `group` dimensions of one token. The newest `residual` tokens stay exact; along
// `channel` so do those that do not fill a group.
#include <algorithm>
#include <cmath>

#include "policies/token_eviction.h"

namespace kvern::token_eviction::kv_quant {

namespace {

// Rounds the oldest of a layer's keys and values, in a copy of them.
class FewBits final : public TokenStorage {
 public:
  explicit FewBits(Parameters& p)
      : bits_(p.get<std::uint32_t>("bits", 8, "of a number: 8 or 4", {4, 8})),
        key_channel_(read_axis(p, "key_axis", "channel")),
        value_channel_(read_axis(p, "value_axis", "token")),
        group_(p.get<std::uint32_t>("group", 32, "numbers that share scale and zero", {1, 1e6})),
        residual_(p.get<std::uint32_t>("residual", 32, "newest tokens that stay exact")) {
    if (bits_ != 4 && bits_ != 8) p.error("bits", "bits must be 8 or 4");
  }

  void begin(const TokenLayer& layer) override {
    layer_ = &layer;
    const std::size_t numbers =
        std::size_t{layer.bounds.tokens} * layer.vectors.kv_heads * layer.vectors.dim;
    keys_.assign(layer.vectors.keys, layer.vectors.keys + numbers);
    values_.assign(layer.vectors.values, layer.vectors.values + numbers);
    stored_ = layer.vectors;
    stored_.keys = keys_.data();
    stored_.values = values_.data();
    heads_.assign(layer.vectors.kv_heads, {});
  }
  const TokenVectors& vectors() const override { return stored_; }
  // Those that are old enough lose their digits.
  void settle(std::uint32_t kv_head, std::span<const std::uint32_t> dropped,
              std::span<const std::uint32_t> kept, TokenWork& work) override {
    Head& head = heads_[kv_head];
    const auto gone = [&](std::uint32_t first) {
      return static_cast<std::uint32_t>(std::lower_bound(dropped.begin(), dropped.end(), first) -
                                        dropped.begin());
    };
    head.keys -= gone(head.keys);
    head.values -= gone(head.values);
    head.keys = quantise(kv_head, kept, head.keys, key_channel_, keys_, work);
    head.values = quantise(kv_head, kept, head.values, value_channel_, values_, work);
  }
  // Of what is read, the same share is quantised as of what is kept.
  std::uint64_t read_bytes(std::uint32_t kv_head, std::uint64_t tokens,
                           std::uint64_t kept) const override {
    const Head& head = heads_[kv_head];
    const double read = static_cast<double>(tokens) / static_cast<double>(kept);
    const double dim = layer_->vectors.dim;
    const double exact = static_cast<double>(2 * kept) - head.keys - head.values;
    const double few = (head.keys + head.values) * dim * (bits_ / 8.0 + 8.0 / group_);
    return static_cast<std::uint64_t>(read * (exact * dim * layer_->kv_bytes + few));
  }

 private:
  // The quantised ones are the first of what is kept: how many.
  struct Head {
    std::uint32_t keys = 0, values = 0;
  };

  static bool read_axis(Parameters& p, const char* key, const char* usual) {
    return p.choice(key, usual, {"channel", "token"}, "along which numbers share a scale") ==
           "channel";
  }

  std::uint32_t quantise(std::uint32_t kv_head, std::span<const std::uint32_t> kept,
                         std::uint32_t done, bool channel, std::vector<float>& numbers,
                         TokenWork& work) {
    const std::uint32_t dim = layer_->vectors.dim;
    const std::uint32_t tokens = channel ? group_ : 1;
    std::vector<float*> cell;
    while (kept.size() >= std::size_t{done} + tokens + residual_) {
      const auto at = [&](std::uint32_t i, std::uint32_t d) {
        const std::size_t row = std::size_t{kept[done + i]} * layer_->vectors.kv_heads + kv_head;
        return numbers.data() + row * dim + d;
      };
      for (std::uint32_t first = 0; first < dim; first += channel ? 1 : group_) {
        cell.clear();
        const std::uint32_t last = channel ? first + 1 : std::min(dim, first + group_);
        for (std::uint32_t i = 0; i < tokens; ++i) {
          for (std::uint32_t d = first; d < last; ++d) cell.push_back(at(i, d));
        }
        round(cell);
      }
      done += tokens;
      work.flops += std::uint64_t{tokens} * dim * 6;
    }
    return done;
  }

  void round(const std::vector<float*>& cell) const {
    float least = *cell.front();
    float most = *cell.front();
    for (const float* x : cell) {
      least = std::min(least, *x);
      most = std::max(most, *x);
    }
    const double levels = bits_ == 8 ? 255 : 15;
    const auto scale = static_cast<float>((double{most} - double{least}) / levels);
    for (float* x : cell) {
      // Half to even: the default rounding mode.
      const double code = scale > 0 ? std::nearbyint((double{*x} - least) / scale) : 0;
      *x = static_cast<float>(std::clamp(code, 0.0, levels) * scale + least);
    }
  }

  std::uint32_t bits_;
  bool key_channel_, value_channel_;
  std::uint32_t group_, residual_;
  const TokenLayer* layer_ = nullptr;
  std::vector<float> keys_, values_;
  TokenVectors stored_;
  std::vector<Head> heads_;
};

// The inner policy, stored so.
class KvQuant final : public TokenEviction {
 public:
  KvQuant(Parameters& p, std::unique_ptr<TokenEviction> inner)
      : inner_(std::move(inner)), storage_(p) {}

  TokenStorage* storage() override { return &storage_; }
  std::string refusal(const TokenLayer& layer) const override { return inner_->refusal(layer); }
  void begin(const TokenLayer& layer, AttentionRows& rows) override { inner_->begin(layer, rows); }
  void prefill(std::span<TokenDrops> drops) override { inner_->prefill(drops); }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    inner_->step(step, drops);
  }
  TokenReading* reading() override { return inner_->reading(); }
  TokenTraining* training() override { return inner_->training(); }
  bool reindexes() const override { return inner_->reindexes(); }
  bool clairvoyant() const override { return inner_->clairvoyant(); }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return inner_->resident(bounds, n);
  }
  std::optional<TokenLine> resident_layer(const TokenBounds& bounds,
                                          std::uint32_t n) const override {
    return inner_->resident_layer(bounds, n);
  }
  std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const override {
    return inner_->read(bounds, n);
  }
  TokenGrowth growth() const override { return inner_->growth(); }
  // Six a number of the token that loses its digits.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    TokenUpkeep upkeep = inner_->upkeep(layer);
    upkeep.flops_per_step += 12.0 * layer.vectors.dim;
    return upkeep;
  }

 private:
  std::unique_ptr<TokenEviction> inner_;
  FewBits storage_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  auto inner = make_wrapped(table(), "token_eviction", p, "the policy whose cache is quantised");
  if (inner != nullptr && inner->storage() != nullptr) {
    p.error("wrapped", "the policy that kv_quant wraps has a way of its own to store its cache",
            "wrap its inner policy once");
  }
  // Made in any case, so that all of its keys are checked; without a policy it is none itself.
  const bool whole = inner != nullptr;
  auto made = std::make_unique<KvQuant>(p, std::move(inner));
  if (!whole) return nullptr;
  return made;
}

}  // namespace kvern::token_eviction::kv_quant
