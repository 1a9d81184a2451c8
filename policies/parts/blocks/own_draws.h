// What a policy that draws keeps: the path of its key, and the key `seed`. One seed of the scenario
// moves the draws of all policies, and two policies, or two replicas, never draw alike.
#pragma once

#include <string>

#include "sim/base/config/parameters.h"
#include "sim/base/random.h"

namespace kvern {

class OwnDraws {
 public:
  explicit OwnDraws(Parameters& p)
      : path_(p.path()),
        seed_(static_cast<std::uint64_t>(
            p.get("seed", std::int64_t{0}, "added to the scenario's, for other draws"))) {}
  Stream begin(const Draws& draws) const { return draws.stream(path_, seed_); }

 private:
  std::string path_;
  std::uint64_t seed_;
};

}  // namespace kvern
