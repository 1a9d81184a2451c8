// NACL (Chen et al., arXiv 2408.03675; PaddlePaddle/Research 46593e1): one eviction at the end of
// the prompt. Its last `proxy` queries score; the first `sinks` and the last `protect` tokens stay,
// of the others the `keep` highest, and `random` more, drawn without replacement in proportion to
// softmax(score), for every layer and head anew. Under a budget: protect 5 %, keep 60 %, the rest
// random, proxy = protect.
#include <algorithm>
#include <cmath>
#include <limits>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_draws.h"
#include "policies/token_eviction.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::nacl {

namespace {

struct Sizes {
  std::uint32_t sinks = 0, proxy = 0, protect = 0, keep = 0, random = 0;
  std::uint32_t sum() const { return sinks + protect + keep + random; }
};

class Nacl final : public LayerPolicy {
 public:
  explicit Nacl(Parameters& p)
      : sinks_(p.get<std::uint32_t>("sinks", 0, "first tokens, always kept")),
        proxy_(read_size(p, "proxy", "last queries of the prompt, which score")),
        protect_(p.find<std::uint32_t>("protect", "last tokens, always kept; absent: proxy")),
        keep_(read_size(p, "keep", "tokens with the highest scores", 0)),
        random_(read_size(p, "random", "tokens drawn by score", 0)),
        seed_(p.get<std::int64_t>("seed", 0, "of the draws", kNonNegative)),
        causal_(p.get("causal", true, "proxies see earlier tokens only, not all of the prompt")),
        fold_(read_fold(p)),
        budget_(read_budget(p, {"proxy", "protect", "keep", "random"}, false)) {
    if (!budget_ && proxy_ == 0) p.error("proxy", "nacl needs proxy", "or budget=0.2");
  }

  void prefill(std::span<TokenDrops> drops) override {
    const Sizes of = sizes(layer_->bounds);
    const std::uint32_t prompt = layer_->bounds.prompt_tokens;
    if (of.sum() >= prompt) return;
    for (std::uint32_t head = 0; head < drops.size(); ++head) {
      score(head, std::min(of.proxy, prompt));
      choose(head, of, drops[head]);
    }
  }
  void step(const TokenStep&, std::span<TokenDrops>) override {}
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return kept_and_later(bounds, std::min(bounds.prompt_tokens, sizes(bounds).sum()), n);
  }

 private:
  Sizes sizes(const TokenBounds& bounds) const {
    Sizes of{sinks_, proxy_, protect_.value_or(proxy_), keep_, random_};
    if (!budget_) return of;
    const std::uint32_t whole = budget_tokens(*budget_, bounds);
    of.protect = whole * 5 / 100;
    of.proxy = std::max(1U, of.protect);
    of.keep = whole * 60 / 100;
    of.random = whole - std::min(whole, of.protect + of.keep + of.sinks);
    return of;
  }

  // Column sums over the proxies' rows.
  void score(std::uint32_t head, std::uint32_t proxies) {
    const std::uint32_t prompt = layer_->bounds.prompt_tokens;
    if (causal_) {
      ColumnSums sums;
      sums.reset(layer_->group);
      sums.add_prompt(*rows_, head * layer_->group, prompt - proxies, prompt);
      const auto folded = sums.folded(fold_);
      scores_.assign(folded.begin(), folded.end());
      return;
    }
    std::vector<double> sums(std::size_t{prompt} * layer_->group, 0.0);
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      for (std::uint32_t i = prompt - proxies; i < prompt; ++i) {
        add_whole_row(head, g, i, std::span(sums).subspan(std::size_t{g} * prompt, prompt));
      }
    }
    fold_rows(fold_, sums, layer_->group, scores_);
  }
  void add_whole_row(std::uint32_t head, std::uint32_t g, std::uint32_t i,
                     std::span<double> sums) const {
    const auto query = layer_->vectors.query(head * layer_->group + g, i);
    std::vector<double> row(sums.size());
    double most = -std::numeric_limits<double>::infinity();
    for (std::uint32_t j = 0; j < row.size(); ++j) {
      const auto key = layer_->vectors.key(head, j);
      double dot = 0;
      for (std::size_t d = 0; d < key.size(); ++d) dot += double{query[d]} * key[d];
      row[j] = layer_->scale > 0 ? dot * layer_->scale
                                 : dot / std::sqrt(static_cast<double>(key.size()));
      most = std::max(most, row[j]);
    }
    double total = 0;
    for (double& x : row) total += x = kvern::exact::exp(x - most);
    for (std::size_t j = 0; j < row.size(); ++j) sums[j] += row[j] / total;
  }

  void choose(std::uint32_t head, const Sizes& of, TokenDrops& drops) {
    const std::uint32_t first = of.sinks;
    const auto between =
        std::span(scores_).subspan(first, layer_->bounds.prompt_tokens - of.protect - first);
    std::vector<std::uint32_t> rest;
    outside_top(between, of.keep, rest);
    std::vector<double> noisy;
    noisy.reserve(rest.size());
    for (const std::uint32_t i : rest) {
      noisy.push_back(between[i] + token_gumbel(static_cast<std::uint64_t>(seed_) + layer_->seed,
                                                layer_->bounds.layer, head, 0, first + i));
    }
    std::vector<std::uint32_t> gone;
    outside_top(noisy, of.random, gone);
    for (const std::uint32_t i : gone) drops.slots.push_back(first + rest[i]);
  }

  std::uint32_t sinks_, proxy_;
  std::optional<std::uint32_t> protect_;
  std::uint32_t keep_, random_;
  std::int64_t seed_;
  bool causal_;
  Fold fold_;
  std::optional<double> budget_;
  std::vector<double> scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Nacl>(p); }

}  // namespace kvern::token_eviction::nacl
