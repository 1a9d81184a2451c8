// Threads that share the tasks of one call: the attention loop's heads, a product's slices. Each
// task writes only its own results, so these never depend on the number of threads or their order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/base/interrupt.h"

namespace kvern {

class WorkerPool {
 public:
  // The caller is one of the threads; 0: as many as the machine has cores.
  explicit WorkerPool(unsigned threads, Interrupt interrupt = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  unsigned threads() const { return static_cast<unsigned>(workers_.size()) + 1; }
  // task(0) .. task(count - 1), each once, begun in this order; returns when all are done. After an
  // exception, or the interrupt, no further task is begun, and it is thrown here. A task must not
  // call run().
  void run(std::size_t count, const std::function<void(std::size_t)>& task);

 private:
  struct Job;
  void work();
  void take_part(Job& job);

  Interrupt interrupt_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::condition_variable left_;
  Job* job_ = nullptr;   // null between calls
  unsigned inside_ = 0;  // workers that hold job_
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace kvern
