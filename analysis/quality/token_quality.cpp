#include "analysis/quality/token_quality.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "sim/base/random.h"

namespace kvern {
namespace {

constexpr std::uint32_t kBlock = 64;  // tokens: neighbours' losses go together
constexpr std::size_t kResamples = 1000;
struct LossSums {
  std::uint64_t tokens = 0;
  double nll = 0, dense = 0, kl = 0;
  std::uint64_t agrees = 0, right = 0, right_dense = 0;

  void add(const TokenLosses& own, const TokenLosses& whole, std::size_t i) {
    ++tokens;
    nll += own.loss[i];
    dense += whole.loss[i];
    kl += own.divergence[i];
    agrees += own.agrees[i];
    right += own.right[i];
    right_dense += whole.right[i];
  }
  void add(const LossSums& other) {
    tokens += other.tokens;
    nll += other.nll;
    dense += other.dense;
    kl += other.kl;
    agrees += other.agrees;
    right += other.right;
    right_dense += other.right_dense;
  }
};

using Member = std::function<bool(std::size_t text, std::uint32_t position)>;

// LossSums of the members in each block that has one.
std::vector<LossSums> blocks_of(const QualityInput& input, std::size_t policy,
                                const Member& member) {
  std::vector<LossSums> blocks;
  for (std::size_t t = 0; t < input.texts.size(); ++t) {
    const TokenLosses& dense = input.sequences[t].dense;
    const TokenLosses& own = input.sequences[t].policies[policy];
    for (std::size_t begin = 0; begin < own.loss.size(); begin += kBlock) {
      LossSums block;
      for (std::size_t i = begin; i < std::min(own.loss.size(), begin + kBlock); ++i) {
        if (member(t, own.first + static_cast<std::uint32_t>(i))) block.add(own, dense, i);
      }
      if (block.tokens > 0) blocks.push_back(block);
    }
  }
  return blocks;
}

double increase(double nll, double dense) { return dense > 0 ? (nll - dense) / dense : kUnknown; }

void add_interval(const std::vector<LossSums>& blocks, std::uint64_t seed, QualityRow& row) {
  row.increase_low = row.increase_high = kUnknown;
  if (blocks.size() < 2) return;
  Stream draws(seed, "attention.bootstrap");
  std::vector<double> shares;
  for (std::size_t r = 0; r < kResamples; ++r) {
    double nll = 0;
    double dense = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto at =
          static_cast<std::size_t>(draws.uniform() * static_cast<double>(blocks.size()));
      nll += blocks[at].nll;
      dense += blocks[at].dense;
    }
    shares.push_back(increase(nll, dense));
  }
  std::sort(shares.begin(), shares.end());
  row.increase_low = shares[kResamples / 40];
  row.increase_high = shares[kResamples - 1 - kResamples / 40];
}

QualityRow row_of(const QualityInput& input, std::size_t policy, const std::string& kind,
                  const std::string& group, const Member& member) {
  const std::vector<LossSums> blocks = blocks_of(input, policy, member);
  LossSums sums;
  for (const LossSums& block : blocks) sums.add(block);
  QualityRow row;
  row.policy = input.policies[policy].policy;
  row.budget = input.policies[policy].budget;
  row.kind = kind;
  row.group = group;
  row.tokens = sums.tokens;
  const auto mean = [&](double sum) {
    return sums.tokens > 0 ? sum / static_cast<double>(sums.tokens) : kUnknown;
  };
  row.nll = mean(sums.nll);
  row.nll_dense = mean(sums.dense);
  row.increase_share = increase(sums.nll, sums.dense);
  row.top1_agreement = mean(static_cast<double>(sums.agrees));
  row.kl = mean(sums.kl);
  row.accuracy = mean(static_cast<double>(sums.right));
  row.accuracy_dense = mean(static_cast<double>(sums.right_dense));
  add_interval(blocks, input.seed, row);
  return row;
}

}  // namespace

std::vector<QualityRow> quality_rows(const QualityInput& input) {
  std::vector<QualityRow> rows;
  const std::vector<TokenGroup> groups = token_groups(input.texts, input.tags, input.counts);
  for (std::size_t p = 0; p < input.policies.size(); ++p) {
    for (const TokenGroup& group : groups) {
      rows.push_back(row_of(input, p, group.kind, group.name, group.member));
    }
  }
  return rows;
}

std::vector<QualityRow> retrieval_rows(const QualityInput& input, const std::string& group,
                                       const std::vector<std::vector<std::uint32_t>>& answers) {
  std::vector<QualityRow> rows;
  for (std::size_t p = 0; p < input.policies.size(); ++p) {
    rows.push_back(
        row_of(input, p, "retrieval", group, [&](std::size_t text, std::uint32_t position) {
          return std::find(answers[text].begin(), answers[text].end(), position) !=
                 answers[text].end();
        }));
  }
  return rows;
}

}  // namespace kvern
