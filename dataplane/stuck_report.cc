#include "dataplane/stuck_report.h"

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <span>

#include "dataplane/port/packet_meta.h"

namespace strata::dataplane {
namespace {

constexpr int kFrames = 64;
constexpr int kPatienceMs = 2'000;  // for a thread that is runnable on a machine that is busy
constexpr std::size_t kBytesPerLine = 16;

std::atomic<int> stack_fd{-1};  // -1: written, or nobody asked

// On the thread that is looked at, wherever it is: only what a signal handler may do.
void on_stack_signal(int) {
    std::array<void*, kFrames> frames;
    const int count = ::backtrace(frames.data(), kFrames);
    ::backtrace_symbols_fd(frames.data(), count, stack_fd.load());
    stack_fd.store(-1);
    for (;;) ::pause();
}

// A line for each 16 bytes, with a line break in front.
std::string hexadecimal(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        char part[32];
        if (i % kBytesPerLine == 0) {
            std::snprintf(part, sizeof part, "\n%06zx", i);
            text += part;
        }
        std::snprintf(part, sizeof part, " %02x", bytes[i]);
        text += part;
    }
    return text;
}

}  // namespace

// The first call loads the unwinder, which allocates.
void prepare_stack_report() {
    std::array<void*, 1> frame;
    ::backtrace(frame.data(), 1);
}

bool write_stack(int fd, pthread_t thread) {
    const int signal = SIGRTMIN;
    struct sigaction action{};
    action.sa_handler = on_stack_signal;
    stack_fd.store(fd);
    if (::sigaction(signal, &action, nullptr) != 0 || ::pthread_kill(thread, signal) != 0)
        return false;
    for (int ms = 0; stack_fd.load() >= 0; ++ms) {
        if (ms == kPatienceMs) return false;
        const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
    return true;
}

std::string packet_report(const rte_mbuf* packet) {
    if (packet == nullptr) return "no packet in work\n";
    const auto& about =
        *static_cast<const PacketMeta*>(rte_mbuf_to_priv(const_cast<rte_mbuf*>(packet)));
    const std::size_t size = std::min<std::size_t>(packet->data_len, kReportedPacketBytes);
    const std::size_t front = std::min<std::size_t>(packet->data_off, kReportedFrontBytes);
    const auto* bytes = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    return "packet in work: " + std::to_string(packet->data_len) + " bytes from " +
           to_string(about.flow.remote_endpoint()) + " to " +
           to_string(about.flow.local_endpoint()) + ", port " + std::to_string(about.port_index) +
           hexadecimal({bytes, size}) + "\nin front of it, where headers may have been taken off:" +
           hexadecimal({bytes - front, front}) + "\n";
}

}  // namespace strata::dataplane
