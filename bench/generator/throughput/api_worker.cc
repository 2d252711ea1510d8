#include "bench/generator/throughput/api_worker.h"

namespace strata::gen {

void ApiWorker::post(std::function<void()> job, std::function<void()> done) {
    ++pending_;
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(job), std::move(done), {}});
    }
    wake_.notify_one();
}

void ApiWorker::poll() {
    while (pending_ > 0) {
        Job job;
        {
            const std::lock_guard lock(mutex_);
            if (finished_.empty()) return;
            job = std::move(finished_.front());
            finished_.pop_front();
        }
        --pending_;
        if (job.failure) std::rethrow_exception(job.failure);
        if (job.done) job.done();
    }
}

void ApiWorker::work(const std::stop_token& stop) {
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
            job = std::move(waiting_.front());
            waiting_.pop_front();
        }
        try {
            job.job();
        } catch (...) {
            job.failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        finished_.push_back(std::move(job));
    }
}

}  // namespace strata::gen
