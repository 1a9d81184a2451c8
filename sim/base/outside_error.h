// The outside world failed: a disk is full, a file is damaged, a tool is missing. Thrown to main,
// which prints the message and exits with 3. User errors are Issues, broken laws stop with
// evidence.
#pragma once

#include <stdexcept>

namespace kvern {

class OutsideError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kvern
