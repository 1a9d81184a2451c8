#include "sim/base/worker_pool.h"

#include <algorithm>
#include <atomic>

namespace kvern {

struct WorkerPool::Job {
  const std::function<void(std::size_t)>* task;
  std::size_t count;
  std::atomic<std::size_t> next{0};

  std::exception_ptr failure;  // the first one, under the pool's mutex

  bool left() const { return next.load(std::memory_order_relaxed) < count; }
};

WorkerPool::WorkerPool(unsigned threads, Interrupt interrupt) : interrupt_(interrupt) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  workers_.reserve(threads - 1);
  for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  posted_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerPool::take_part(Job& job) {
  try {
    for (std::size_t i = job.next.fetch_add(1); i < job.count; i = job.next.fetch_add(1)) {
      interrupt_.check();
      (*job.task)(i);
    }
  } catch (...) {
    job.next = job.count;
    const std::lock_guard lock(mutex_);
    if (!job.failure) job.failure = std::current_exception();
  }
}

void WorkerPool::run(std::size_t count, const std::function<void(std::size_t)>& task) {
  Job job{&task, count, {0}, nullptr};
  if (count > 1 && !workers_.empty()) {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    posted_.notify_all();
  }
  take_part(job);
  // A worker that wakes only now finds no job: nobody waits for it.
  std::unique_lock lock(mutex_);
  job_ = nullptr;
  left_.wait(lock, [this] { return inside_ == 0; });
  if (job.failure) std::rethrow_exception(job.failure);
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock, [this] { return stop_ || (job_ != nullptr && job_->left()); });
    if (stop_) return;
    Job& job = *job_;
    ++inside_;
    lock.unlock();
    take_part(job);
    lock.lock();
    if (--inside_ == 0) left_.notify_one();
  }
}

}  // namespace kvern
