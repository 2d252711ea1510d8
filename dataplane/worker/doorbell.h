#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace strata::dataplane {

// Wakes the one thread that takes what others pushed into a ring. However much is pushed until that
// thread looks, it costs one system call on each side.
class Doorbell {
  public:
    Doorbell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~Doorbell() { ::close(fd_); }
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    // After pushing. Any thread.
    void ring() {
        const std::uint64_t one = 1;
        if (rung_.exchange(true)) return;
        [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
    }

    // Before taking: what is pushed from now on rings again. The waiting thread.
    void answer() {
        std::uint64_t count;
        if (!rung_.load()) return;
        // It may be rung and not written yet: then it stays rung, and is answered again.
        if (::read(fd_, &count, sizeof count) == sizeof count) rung_.exchange(false);
    }

    // Readable while it is rung.
    int fd() const { return fd_; }

  private:
    std::atomic<bool> rung_{false};
    int fd_;
};

}  // namespace strata::dataplane
