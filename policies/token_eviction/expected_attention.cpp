// Expected attention (kvpress 8bb29b9): at the end of the prompt each key is scored by the
// attention that the next `horizon` queries would give it if they were drawn like the prompt's:
// with m and S the mean and covariance of the un-rotated queries after the sinks, R the mean
// rotation over the coming positions, softmax of (Rm).k / sqrt(dim) + k'(R S R')k / (2 dim), group
// mean, then (s + epsilon) norm(v). The sinks stay. Where the recording names no rotation
// (rope_theta 0), its queries are taken as they are and R is the identity.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"
#include "sim/attention/head/rotary.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::expected_attention {

namespace {

// Mean and covariance (row after row) of future queries.
struct Queries {
  std::vector<double> mean, covariance;
};

class ExpectedAttention final : public PromptScorer {
 public:
  explicit ExpectedAttention(Parameters& p)
      : size_(p),
        sinks_(p.get<std::uint32_t>("sinks", 4, "first tokens, always kept")),
        horizon_(p.get<std::uint32_t>("horizon", 512, "coming positions", {1, 1e6})),
        epsilon_(p.get("epsilon", 0.01, "added to the expected attention", kNonNegative)),
        fold_(read_fold(p)) {}

  std::string refusal(const TokenLayer& layer) const override {
    const TokenBounds& bounds = layer.bounds;
    const bool evicts = bounds.prompt_tokens > 0 && size_.of(bounds) < bounds.prompt_tokens;
    return evicts && bounds.prompt_tokens <= sinks_ ? "the prompt has only sinks" : "";
  }
  std::uint32_t capacity(const TokenBounds& bounds) const override { return size_.of(bounds); }
  void score(const TokenLayer& layer, AttentionRows&, std::uint32_t kv_head,
             std::vector<double>& scores) override {
    const std::uint32_t prompt = layer.bounds.prompt_tokens;
    const std::uint32_t dim = layer.vectors.dim;
    std::optional<Rotary> rotary;
    if (layer.rope_theta > 0) rotary.emplace(layer.rope_theta, dim, prompt + horizon_);
    std::vector<double> shares;
    for (std::uint32_t g = 0; g < layer.group; ++g) {
      const Queries queries = future(layer, rotary, kv_head * layer.group + g);
      add_shares(layer, kv_head, queries, shares);
    }
    std::vector<double> folded;
    fold_rows(fold_, shares, layer.group, folded);
    scores.assign(prompt, std::numeric_limits<double>::infinity());
    for (std::uint32_t j = sinks_; j < prompt; ++j) {
      double square = 0;
      for (const double x : layer.vectors.value(kv_head, j)) square += x * x;
      scores[j] = (folded[j - sinks_] + epsilon_) * std::sqrt(square);
    }
  }

 private:
  Queries future(const TokenLayer& layer, const std::optional<Rotary>& rotary,
                 std::uint32_t query_head) const {
    const std::uint32_t dim = layer.vectors.dim;
    const std::uint32_t prompt = layer.bounds.prompt_tokens;
    const double count = prompt - sinks_;
    std::vector<std::vector<double>> rows;
    Queries q{std::vector<double>(dim, 0.0), std::vector<double>(std::size_t{dim} * dim, 0.0)};
    for (std::uint32_t i = sinks_; i < prompt; ++i) {
      const auto rotated = layer.vectors.query(query_head, i);
      rows.emplace_back(rotated.begin(), rotated.end());
      if (rotary) rotary->turn(std::span<double>(rows.back()), -std::int64_t{i});
      for (std::uint32_t d = 0; d < dim; ++d) q.mean[d] += rows.back()[d];
    }
    for (double& x : q.mean) x /= count;
    for (const auto& row : rows) {
      for (std::uint32_t a = 0; a < dim; ++a) {
        for (std::uint32_t b = 0; b < dim; ++b) {
          q.covariance[a * dim + b] += (row[a] - q.mean[a]) * (row[b] - q.mean[b]);
        }
      }
    }
    for (double& x : q.covariance) x /= count;
    if (rotary) turn_ahead(*rotary, prompt, q);
    return q;
  }

  // m becomes R m and S becomes R S R', R the mean of the rotations to the coming positions.
  void turn_ahead(const Rotary& rotary, std::uint32_t prompt, Queries& q) const {
    const std::size_t dim = rotary.dim();
    std::vector<double> r(dim * dim, 0.0);  // column d: where the unit vector d goes
    std::vector<double> unit(dim);
    for (std::size_t d = 0; d < dim; ++d) {
      for (std::uint32_t ahead = 0; ahead < horizon_; ++ahead) {
        std::fill(unit.begin(), unit.end(), 0.0);
        unit[d] = 1;
        rotary.turn(std::span<double>(unit), std::int64_t{prompt} + ahead);
        for (std::size_t a = 0; a < dim; ++a) r[a * dim + d] += unit[a];
      }
    }
    for (double& x : r) x /= horizon_;
    std::vector<double> mean(dim, 0.0), half(dim * dim, 0.0), whole(dim * dim, 0.0);
    for (std::size_t a = 0; a < dim; ++a) {
      for (std::size_t d = 0; d < dim; ++d) {
        mean[a] += r[a * dim + d] * q.mean[d];
        for (std::size_t b = 0; b < dim; ++b) {
          half[a * dim + b] += r[a * dim + d] * q.covariance[d * dim + b];
        }
      }
    }
    for (std::size_t a = 0; a < dim; ++a) {
      for (std::size_t b = 0; b < dim; ++b) {
        for (std::size_t d = 0; d < dim; ++d) {
          whole[a * dim + b] += half[a * dim + d] * r[b * dim + d];
        }
      }
    }
    q.mean = std::move(mean);
    q.covariance = std::move(whole);
  }

  void add_shares(const TokenLayer& layer, std::uint32_t kv_head, const Queries& q,
                  std::vector<double>& shares) const {
    const std::uint32_t dim = layer.vectors.dim;
    const double scale = layer.scale > 0 ? layer.scale : 1 / std::sqrt(static_cast<double>(dim));
    const std::size_t first = shares.size();
    double most = -std::numeric_limits<double>::infinity();
    for (std::uint32_t j = sinks_; j < layer.bounds.prompt_tokens; ++j) {
      const auto key = layer.vectors.key(kv_head, j);
      double linear = 0;
      double square = 0;
      for (std::uint32_t a = 0; a < dim; ++a) {
        double row = 0;
        for (std::uint32_t b = 0; b < dim; ++b) row += q.covariance[a * dim + b] * key[b];
        linear += q.mean[a] * key[a];
        square += key[a] * row;
      }
      shares.push_back(linear * scale + square * scale * scale / 2);
      most = std::max(most, shares.back());
    }
    double total = 0;
    for (std::size_t i = first; i < shares.size(); ++i) {
      total += shares[i] = kvern::exact::exp(shares[i] - most);
    }
    for (std::size_t i = first; i < shares.size(); ++i) shares[i] /= total;
  }

  CacheSize size_;
  std::uint32_t sinks_, horizon_;
  double epsilon_;
  Fold fold_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<ExpectedAttention>(p));
}

}  // namespace kvern::token_eviction::expected_attention
