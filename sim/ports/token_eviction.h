// Port: which cached tokens of a layer stay? Asked by the attention machine (sim/attention), once a
// decode step; by the serving machine for its sizes alone. Answered in policies/token_eviction, one
// file a policy; one object serves one layer of one sequence.
//
// Order of a step: the new key and value are appended, reading() says what is read, attention runs,
// step() scores and evicts, storage() takes what stays. The new token always sees itself. A prompt
// runs as one full causal forward; then prefill() evicts once. Slots are indices into a KV head's
// kept tokens, which stand in order of position.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/ports/token_layer.h"
#include "sim/ports/token_reading.h"
#include "sim/ports/token_sizes.h"
#include "sim/ports/token_storage.h"
#include "sim/ports/token_training.h"

namespace kvern {

// One KV head in a step. `mass` and `logits` are a row of kept.size() for each query head of the
// group: the attention a' over what was read (0 elsewhere; a row sums to 1), and its logits.
struct TokenHead {
  std::span<const std::uint32_t> kept;  // positions; the last is the new token
  std::span<const double> mass;
  std::span<const double> logits;
  std::span<const double> row(std::uint32_t g) const {
    return mass.subspan(g * kept.size(), kept.size());
  }
};

struct TokenStep {
  std::uint32_t position = 0;  // of the new token
  std::span<const TokenHead> heads;
};

// The answer for one KV head: slots to drop, ascending, and what choosing them took.
struct TokenDrops {
  std::vector<std::uint32_t> slots;
  TokenWork work;
};

class TokenEviction : public TokenSizes {
 public:
  // Why it can't run on this layer; empty when it can.
  virtual std::string refusal(const TokenLayer&) const { return {}; }
  // Once, before the prompt; `layer` and `rows` (of the prompt; of everything when clairvoyant)
  // outlive the policy.
  virtual void begin(const TokenLayer& layer, AttentionRows& rows) = 0;
  // After the prompt, when there is one: slots are positions.
  virtual void prefill(std::span<TokenDrops> drops) = 0;
  virtual void step(const TokenStep& step, std::span<TokenDrops> drops) = 0;

  // Its other parts, which live as long as it does; null: what the port's header says of none.
  virtual TokenReading* reading() { return nullptr; }
  virtual TokenStorage* storage() { return nullptr; }
  virtual TokenTraining* training() { return nullptr; }

  // True: keys stand at their index in the cache, not at their original position.
  virtual bool reindexes() const { return false; }
  // True: it looks at rows that are not there yet.
  virtual bool clairvoyant() const { return false; }
  // False: it is full attention, and runs under any form of attention.
  virtual bool evicts() const { return true; }
};

}  // namespace kvern
