#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace strata::gen {

// Does jobs that wait for answers (HTTP), one after the other, on a thread of its own, so that
// packets go on meanwhile.
class ApiWorker {
  public:
    ApiWorker() : thread_([this](const std::stop_token& stop) { work(stop); }) {}

    // `job` runs on the worker's thread, `done` afterwards in poll(). Owner's thread.
    void post(std::function<void()> job, std::function<void()> done);
    // Runs what is done; throws what a job threw. Owner's thread.
    void poll();
    // Posted and not done yet. Owner's thread.
    std::size_t pending() const { return pending_; }

  private:
    struct Job {
        std::function<void()> job, done;
        std::exception_ptr failure;
    };
    void work(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Job> waiting_, finished_;
    std::size_t pending_ = 0;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace strata::gen
