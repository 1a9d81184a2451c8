// A broken law stops the run with evidence (exit 70): its number, the simulated time, what was
// seen.
#pragma once

#include <stdexcept>
#include <string>

#include "sim/base/time.h"

namespace kvern {

class LawBroken : public std::runtime_error {
 public:
  LawBroken(int law, SimTime at, const std::string& evidence)
      : std::runtime_error("law " + std::to_string(law) + " broken at " + std::to_string(at) +
                           " ns: " + evidence),
        law_(law) {}
  int law() const { return law_; }

 private:
  int law_;
};

}  // namespace kvern
