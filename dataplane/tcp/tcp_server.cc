#include "dataplane/tcp/tcp_server.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "dataplane/tcp/socket_options.h"

namespace strata::dataplane {
namespace {

constexpr std::uint32_t kRingEntries = 1'024;
constexpr std::uint16_t kReceiveBuffers = 256;
constexpr std::uint32_t kReceiveBufferBytes = 8'192;
constexpr relay::TimeUs kSweepUs = 20'000;            // how late a bound in time may be seen
constexpr relay::TimeUs kIdleUs = 1'000'000;          // without connections
constexpr std::uint64_t kOtherDescriptors = 256;      // of the whole process
constexpr std::uint32_t kGenerationMask = 0xff'ffff;  // of a handle's, in user_data

relay::TimeUs monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
}

bool address_less(const IpAddress& a, const IpAddress& b) { return a.bytes < b.bytes; }

}  // namespace

TcpServer::TcpServer(const TcpServerConfig& config, TcpPort& port, const Pools& pools,
                     const SessionDirectory& sessions, Counters counters)
    : config_(config),
      port_(port),
      pools_(pools),
      sessions_(sessions),
      counters_(counters),
      connections_(port.connections()),
      by_address_(address_less),
      accepts_(config.accepts_per_s),
      delivered_(port.config().workers) {
    for (std::uint32_t i = port.connections(); i-- > 0;) free_.push_back(i);
}

TcpServer::~TcpServer() {
    stop_.store(true, std::memory_order_relaxed);
    port_.bell().ring();
    if (thread_.joinable()) thread_.join();
    for (TcpConnection& connection : connections_) {
        if (connection.state == State::free) continue;
        port_.set_closed(connection.handle);
        count(Counter::closed_stopping, connection.state == State::closing ? 0 : 1);
        ::close(connection.fd);
    }
    for (const int listener : listeners_) ::close(listener);
}

std::expected<void, std::string> TcpServer::start() {
    const std::uint64_t descriptors = connections_.size() + kOtherDescriptors;
    if (!raise_descriptor_limit(descriptors))
        return std::unexpected("this process may not have the " + std::to_string(descriptors) +
                               " descriptors that limits.tcp_connections needs; ulimit -n, or "
                               "LimitNOFILE= of its unit, says how many it may");
    if (const int error = ring_.open(kRingEntries, kReceiveBuffers, kReceiveBufferBytes);
        error != 0)
        return std::unexpected(
            "io_uring can't be used: " + std::string(std::strerror(error)) +
            "; it needs Linux 6.0, and a container or kernel.io_uring_disabled must not forbid it");
    if (!config_.handover.empty())
        if (auto listening = handover_.listen(config_.handover); !listening)
            return std::unexpected(listening.error());
    for (const Endpoint& at : config_.listen)
        if (auto listening = listen(at); !listening) return std::unexpected(listening.error());
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "strata-tcp");
    return {};
}

std::expected<void, std::string> TcpServer::listen(const Endpoint& at) {
    const auto listener = listen_tcp(at);
    if (!listener)
        return std::unexpected("can't listen at " + to_string(at) + ": " +
                               std::strerror(listener.error()));
    listeners_.push_back(*listener);
    listening_.push_back(local_endpoint(*listener));
    return {};
}

void TcpServer::run() {
    for (std::uint32_t i = 0; i < listeners_.size(); ++i) arm(Operation::accept, i);
    arm(Operation::bell, 0);
    if (handover_.listener_fd() >= 0) arm(Operation::handover, 0);
    while (!stop_.load(std::memory_order_relaxed)) {
        const bool idle = free_.size() == connections_.size() && unarmed_.empty();
        ring_.wait(idle ? kIdleUs : kSweepUs);
        const relay::TimeUs now = monotonic_us();
        ring_.completions([&](const io_uring_cqe& cqe) { on_completion(cqe, now); });
        take_from_workers(now);
        for (std::uint16_t queue = 0; queue < delivered_.size(); ++queue)
            if (std::exchange(delivered_[queue], std::uint8_t{0}) != 0)
                port_.lane(queue).worker_bell.ring();
        if (now >= next_sweep_us_) sweep(now);
        publish();
    }
}

// user_data: operation (8 bits) | generation (24) | index (32).
void TcpServer::arm(Operation operation, std::uint32_t index) {
    io_uring_sqe& sqe = ring_.next();
    if (operation == Operation::accept)
        io_uring_prep_multishot_accept(&sqe, listeners_[index], nullptr, nullptr, SOCK_CLOEXEC);
    else
        io_uring_prep_poll_multishot(
            &sqe, operation == Operation::bell ? port_.bell().fd() : handover_.listener_fd(),
            POLLIN);
    sqe.user_data = static_cast<std::uint64_t>(operation) << 56 | index;
}

void TcpServer::submit(io_uring_sqe& sqe, Operation operation, TcpConnection& connection) {
    ++connection.operations;
    sqe.user_data = static_cast<std::uint64_t>(operation) << 56 |
                    std::uint64_t{connection.handle.generation & kGenerationMask} << 32 |
                    connection.handle.index;
}

void TcpServer::on_completion(const io_uring_cqe& cqe, relay::TimeUs now) {
    const auto operation = static_cast<Operation>(cqe.user_data >> 56);
    const auto index = static_cast<std::uint32_t>(cqe.user_data);
    const bool more = (cqe.flags & IORING_CQE_F_MORE) != 0;
    switch (operation) {
        case Operation::accept: return on_accept(index, cqe, now);
        case Operation::bell:
            if (!more) arm(operation, 0);
            return;
        case Operation::handover:
            handover_.accept();
            if (!more) arm(operation, 0);
            return;
        default: break;
    }
    TcpConnection& connection = connections_[index];
    if ((cqe.user_data >> 32 & kGenerationMask) != (connection.handle.generation & kGenerationMask))
        return;
    if (!more) --connection.operations;
    if (operation == Operation::receive)
        on_received(connection, cqe);
    else if (connection.state == State::closing)
        try_to_free(connection);
    else if (operation == Operation::poll)
        decide(connection, cqe.res);
    else
        on_sent(connection, cqe.res);
}

// What is bounded in time.
void TcpServer::sweep(relay::TimeUs now) {
    next_sweep_us_ = now + kSweepUs;
    for (const std::uint32_t listener : std::exchange(unarmed_, {}))
        arm(Operation::accept, listener);
    for (TcpConnection& connection : connections_) {
        if (connection.state == State::closing) try_to_free(connection);
        if (connection.state == State::undecided && now >= connection.deadline_us)
            close(connection, Counter::closed_undecided);
        if (connection.state != State::open) continue;
        connection.waiting->expire(now);
        tell_worker(connection);
        if (port_.lane(connection.queue).claimed(connection.handle))
            connection.deadline_us = 0;
        else if (connection.deadline_us == 0)
            connection.deadline_us = now + config_.undecided_us;
        else if (now >= connection.deadline_us)
            close(connection, Counter::closed_unclaimed);
    }
}

void TcpServer::publish() {
    const auto set = [&](Counter counter, std::uint64_t value) {
        counters_[static_cast<std::size_t>(counter)].set(value);
    };
    const auto get = [&](Counter counter) {
        return counters_[static_cast<std::size_t>(counter)].get();
    };
    constexpr auto kAudio = static_cast<std::size_t>(TxClass::audio);
    constexpr auto kBase = static_cast<std::size_t>(TxClass::base);
    constexpr auto kUpper = static_cast<std::size_t>(TxClass::upper);
    set(Counter::connections, connections_.size() - free_.size());
    set(Counter::undecided, undecided_);
    std::uint64_t ended = get(Counter::tx_datagrams) + get(Counter::tx_gone);
    for (std::size_t c = 0; c < kTxClasses; ++c)
        ended += drops_.full[c] + drops_.late[c] + drops_.held_back[c];
    set(Counter::tx_queued, taken_ - ended);
    set(Counter::tx_full_audio, drops_.full[kAudio]);
    set(Counter::tx_full_base, drops_.full[kBase]);
    set(Counter::tx_full_upper, drops_.full[kUpper]);
    set(Counter::tx_late_audio, drops_.late[kAudio]);
    set(Counter::tx_late_base, drops_.late[kBase]);
    set(Counter::tx_late_upper, drops_.late[kUpper]);
    set(Counter::tx_held_back_base, drops_.held_back[kBase]);
    set(Counter::tx_held_back_upper, drops_.held_back[kUpper]);
}

}  // namespace strata::dataplane
