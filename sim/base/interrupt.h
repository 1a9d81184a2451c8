// A wish from outside to stop, looked at by long loops: between the tasks of a WorkerPool, a decode
// step, a row of attention. Whoever finds it set throws Interrupted; what is half done is dropped.
#pragma once

#include <atomic>
#include <exception>

namespace kvern {

// The program ends with exit code 130.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

class Interrupt {
 public:
  Interrupt() = default;  // never comes
  // `flag` outlives this.
  explicit Interrupt(const std::atomic<bool>& flag) : flag_(&flag) {}

  void check() const {
    if (flag_ != nullptr && flag_->load(std::memory_order_relaxed)) throw Interrupted();
  }

 private:
  const std::atomic<bool>* flag_ = nullptr;
};

}  // namespace kvern
