#include "dataplane/port/kernel_mirror.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace strata::dataplane {

namespace {
constexpr int kFramesPerRound = 64;  // of one port, before the others have their turn
constexpr int kFullMs = 1;           // until a full ring is looked at again
}  // namespace

KernelMirror::KernelMirror(std::vector<KernelLink*> links, std::function<void()> wake)
    : links_(std::move(links)), gone_(links_.size()), wake_(std::move(wake)) {
    for (KernelLink* link : links_) link->set_bell(bell_);
}

KernelMirror::~KernelMirror() {
    stop_.store(true);
    bell_.ring();
    if (thread_.joinable()) thread_.join();
}

void KernelMirror::start() {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "strata-kernel");
}

void KernelMirror::run() {
    std::vector<pollfd> waiting(links_.size() + 1);
    while (!stop_.load(std::memory_order_relaxed)) {
        waiting[0] = {bell_.fd(), POLLIN, 0};
        bool full = false;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const bool room = !links_[i]->from_kernel().room().empty();
            full = full || !room;
            waiting[i + 1] = {room && !gone_[i] ? links_[i]->tap() : -1, POLLIN, 0};
        }
        ::poll(waiting.data(), waiting.size(), full ? kFullMs : -1);
        bell_.answer();
        bool arrived = false;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            write_frames(*links_[i]);
            const short events = waiting[i + 1].revents;
            if ((events & POLLIN) != 0) arrived |= read_frames(*links_[i]);
            if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) gone_[i] = true;
        }
        if (arrived) wake_();
    }
}

void KernelMirror::write_frames(KernelLink& link) {
    FrameRing& frames = link.to_kernel();
    int written = 0;
    for (auto frame = frames.front(); !frame.empty(); frame = frames.front()) {
        // The kernel drops what it has no room for, as any host does.
        [[maybe_unused]] const ssize_t taken = ::write(link.tap(), frame.data(), frame.size());
        frames.pop();
        if (++written < kFramesPerRound) continue;
        bell_.ring();
        return;
    }
}

bool KernelMirror::read_frames(KernelLink& link) {
    FrameRing& frames = link.from_kernel();
    int read = 0;
    for (auto room = frames.room(); !room.empty() && read < kFramesPerRound; room = frames.room()) {
        const ssize_t size = ::read(link.tap(), room.data(), room.size());
        if (size <= 0) break;
        frames.push(static_cast<std::size_t>(size));
        ++read;
    }
    return read != 0;
}

}  // namespace strata::dataplane
