#include "dataplane/worker_loop.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace strata::dataplane {
namespace {

constexpr int kMostIdleTurns = 64, kLeastIdleTurns = 2;  // before a wait
constexpr relay::TimeUs kShortestSleepUs = 50;           // a sleep costs about as much CPU time
// What came sooner would have been cheaper to look out for than to wait for.
constexpr relay::TimeUs kWorthWaitingUs = 100;

__extension__ typedef unsigned __int128 Uint128;

timespec to_timespec(relay::TimeUs us) {
    return {.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
}

}  // namespace

TscClock::TscClock()
    : base_tsc_(rte_rdtsc()),
      us_per_tsc_(static_cast<std::uint64_t>((Uint128{1'000'000} << 32) / rte_get_tsc_hz())) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    base_us_ = now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

relay::TimeUs TscClock::to_us(std::uint64_t tsc) const {
    const auto us = static_cast<std::uint64_t>(Uint128{tsc - base_tsc_} * us_per_tsc_ >> 32);
    return base_us_ + static_cast<relay::TimeUs>(us);
}

WorkerLoop::WorkerLoop(Worker& worker, std::span<Port* const> ports, const WorkerLoopConfig& config,
                       api::WorkerBlock& statistics)
    : worker_(worker),
      config_(config),
      block_(statistics),
      statistics_(statistics, rte_get_tsc_hz()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      idle_turns_before_wait_(kMostIdleTurns),
      longest_wait_us_(config.longest_wait_us) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    event.data.fd = -1;
    for (const Port* port : ports) {
        if (const relay::TimeUs most = port->capabilities().slow_poll_us; most != 0)
            longest_wait_us_ = std::min(longest_wait_us_, most);
        const int fd = port->wait_descriptor(worker.config().queue);
        if (fd < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) all_ports_wake_ = false;
    }
    if (worker.doorbell() >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_ADD, worker.doorbell(), &event);
}

std::string ports_without_wake(std::span<Port* const> ports, std::uint16_t queue) {
    std::string names;
    for (const Port* port : ports)
        if (port->wait_descriptor(queue) < 0) names += (names.empty() ? "" : ", ") + port->spec();
    return names;
}

WorkerLoop::~WorkerLoop() {
    ::close(epoll_);
    ::close(wake_);
}

void WorkerLoop::stop() {
    stop_.store(true, std::memory_order_relaxed);
    wake();
}

void WorkerLoop::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof(one));
}

std::uint64_t WorkerLoop::turns() const {
    return block_[api::WorkerCounter::turns_busy].get() +
           block_[api::WorkerCounter::turns_idle].get();
}

std::optional<std::uint64_t> WorkerLoop::cpu_ns() const {
    clockid_t clock{};
    timespec used{};
    if (!begun_.load(std::memory_order_acquire) || ::pthread_getcpuclockid(thread_, &clock) != 0 ||
        ::clock_gettime(clock, &used) != 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(used.tv_nsec);
}

void WorkerLoop::run() {
    thread_ = ::pthread_self();
    begun_.store(true, std::memory_order_release);
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // a sleep of 33 µs instead of 105
    int idle_turns = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
        const std::uint64_t begin = rte_rdtsc();
        const relay::TimeUs now = clock_.to_us(begin);
        const Worker::Turn turn = worker_.turn(now, config_.burst);
        statistics_.turned({.begin_tsc = begin, .end_tsc = rte_rdtsc(), .begin_us = now}, turn);
        ++idle_turns;
        if ((turn.received | turn.handed | turn.commands) != 0) {
            idle_turns = 0;
            sleep_us_ = 0;
        }
        if (config_.idle == api::IdlePolicy::kBusy || worker_.sending()) {
            rte_pause();
        } else if (idle_turns >= idle_turns_before_wait_) {
            wait(now);
            idle_turns = idle_turns_before_wait_ - 2;  // one look around, then wait again
        }
    }
}

// How long it may wait at most; 0: not at all.
relay::TimeUs WorkerLoop::wait_bound(relay::TimeUs now) {
    relay::TimeUs bound = longest_wait_us_;
    if (!all_ports_wake_) {
        sleep_us_ = std::min(std::max(sleep_us_ * 2, kShortestSleepUs),
                             relay::TimeUs{config_.idle_sleep_max_us});
        bound = sleep_us_;
    }
    const relay::TimeUs due_in = worker_.next_timer_us(now + bound) - now;
    if (due_in <= 0) return 0;  // a turn runs so many timers and no more
    return worker_.hurries(now) ? std::min(due_in, bound) : bound;
}

void WorkerLoop::wait(relay::TimeUs now) {
    const relay::TimeUs bound = wait_bound(now);
    if (bound == 0) return;
    const std::uint64_t begin = rte_rdtsc();
    const timespec timeout = to_timespec(bound);
    std::array<epoll_event, 8> events;
    const int ready = ::epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < ready; ++i) {
        std::uint64_t count;
        if (events[static_cast<std::size_t>(i)].data.fd != wake_) continue;
        [[maybe_unused]] const ssize_t drained = ::read(wake_, &count, sizeof(count));
    }
    if (ready > 0) worker_.answer_doorbell();
    const std::uint64_t end = rte_rdtsc();
    statistics_.slept(end - begin);
    if (all_ports_wake_) learn_from_wait(clock_.to_us(end) - clock_.to_us(begin));
}

// An empty turn asks the kernel of each port that can be waited for: where packets are far apart, a
// few of them cost more than the wait.
void WorkerLoop::learn_from_wait(relay::TimeUs waited_us) {
    idle_turns_before_wait_ = waited_us < kWorthWaitingUs
                                  ? std::min(idle_turns_before_wait_ * 2, kMostIdleTurns)
                                  : std::max(idle_turns_before_wait_ / 2, kLeastIdleTurns);
}

}  // namespace strata::dataplane
