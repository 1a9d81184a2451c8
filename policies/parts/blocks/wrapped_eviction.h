// The frame of policies around another: what a wrapper doesn't say itself, the wrapped one says.
#pragma once

#include <memory>
#include <utility>

#include "policies/eviction.h"

namespace kvern {

class WrappedEviction : public Eviction {
 public:
  explicit WrappedEviction(std::unique_ptr<Eviction> wrapped) : wrapped_(std::move(wrapped)) {}
  bool queues_unnamed() const override { return wrapped_->queues_unnamed(); }
  bool wants(const BlockInfo& newcomer, SimTime now) override {
    return wrapped_->wants(newcomer, now);
  }
  bool unbounded() const override { return wrapped_->unbounded(); }
  bool clairvoyant() const override { return wrapped_->clairvoyant(); }
  void foresee(const Oracle& oracle) override { wrapped_->foresee(oracle); }
  const Eviction& wrapped() const { return *wrapped_; }

 protected:
  std::unique_ptr<Eviction> wrapped_;
};

// Of `Wrapper(wrapped, parameters)`; null, with an issue, where the wrapped one is wrong. `duty`
// describes the wrapped one.
template <class Wrapper>
std::unique_ptr<Eviction> make_wrapper(Parameters& p, const char* duty) {
  auto wrapped = make_wrapped(eviction::table(), "eviction", p, duty);
  const bool whole = wrapped != nullptr;
  auto policy = std::make_unique<Wrapper>(std::move(wrapped), p);
  return whole ? std::move(policy) : nullptr;
}

}  // namespace kvern
