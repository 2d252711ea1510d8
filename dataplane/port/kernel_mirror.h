#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "dataplane/port/kernel_link.h"

namespace strata::dataplane {

// Carries frames between ports and the kernel's interfaces that mirror them, on a thread of its own
// that isn't a worker's. What it can't write the kernel has lost; what the rings don't take stays
// in the kernel's queue.
class KernelMirror {
  public:
    // `wake` is called, on that thread, when there are frames for the workers. Both outlive it.
    KernelMirror(std::vector<KernelLink*> links, std::function<void()> wake);
    ~KernelMirror();
    KernelMirror(const KernelMirror&) = delete;
    KernelMirror& operator=(const KernelMirror&) = delete;

    void start();

  private:
    void run();
    void write_frames(KernelLink& link);
    bool read_frames(KernelLink& link);

    std::vector<KernelLink*> links_;
    std::vector<bool> gone_;  // somebody has deleted the interface
    std::function<void()> wake_;
    Doorbell bell_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace strata::dataplane
