#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dataplane/api/statistics.h"
#include "dataplane/port/pools.h"
#include "dataplane/tcp/descriptor_handover.h"
#include "dataplane/tcp/session_directory.h"
#include "dataplane/tcp/tcp_connection.h"
#include "dataplane/tcp/tcp_port.h"
#include "dataplane/tcp/uring.h"
#include "relay/ice/rate_limit.h"

namespace strata::dataplane {

struct TcpServerConfig {
    std::vector<Endpoint> listen;  // port 0: the kernel chooses
    std::string handover;          // socket for connections that speak TLS; empty: they are closed
    std::uint32_t connections_per_address = 64;  // of one IPv4 address, or one IPv6 /64
    std::uint32_t undecided = 256;
    std::uint32_t accepts_per_s = 500;
    // What a connection speaks, and whose it is, must be clear within these.
    std::uint32_t undecided_bytes = 1'024;
    relay::TimeUs undecided_us = 5'000'000;
    SendQueueConfig queue;
    std::uint32_t unsent_bytes = 16'384;  // that the kernel takes beyond what is on its way
};

// Serves the connections of a TcpPort by io_uring, on a thread of its own that isn't a worker's:
// accepts, finds out who speaks, takes frames apart and puts them together, queues for slow peers
// (C40). The same listeners serve HTTPS: a connection whose first byte begins a TLS handshake is
// handed to the control process unread. Everything else is closed and counted.
class TcpServer {
  public:
    using Counters = std::span<api::Counter, api::kTcpCounters>;

    // All of them outlive it. `counters` has one writer, this server's thread.
    TcpServer(const TcpServerConfig& config, TcpPort& port, const Pools& pools,
              const SessionDirectory& sessions, Counters counters);
    // Stops; closes every connection.
    ~TcpServer();
    TcpServer(const TcpServer&) = delete;
    TcpServer& operator=(const TcpServer&) = delete;

    // Listens and starts the thread. The error says what couldn't be had, and what to do.
    std::expected<void, std::string> start();

    // Where it listens, ports filled in. After start().
    const std::vector<Endpoint>& listening() const { return listening_; }

  private:
    using Counter = api::TcpCounter;
    using State = TcpConnection::State;
    enum class Operation : std::uint8_t { accept, bell, handover, poll, receive, send };

    std::expected<void, std::string> listen(const Endpoint& at);
    void run();
    void on_completion(const io_uring_cqe& cqe, relay::TimeUs now);
    void sweep(relay::TimeUs now);
    void arm(Operation operation, std::uint32_t index);
    void submit(io_uring_sqe& sqe, Operation operation, TcpConnection& connection);
    void count(Counter counter, std::uint64_t n = 1) {
        counters_[static_cast<std::size_t>(counter)].add(n);
    }
    void publish();

    // tcp_server_accept.cc
    void on_accept(std::uint32_t listener, const io_uring_cqe& cqe, relay::TimeUs now);
    bool admit(const Endpoint& remote, relay::TimeUs now);
    void wait_for_bytes(TcpConnection& connection, std::size_t bytes);
    void decide(TcpConnection& connection, int events);
    void decide_check(TcpConnection& connection, std::string_view username);
    void hand_over(TcpConnection& connection);
    void open(TcpConnection& connection, std::uint16_t worker);
    void close(TcpConnection& connection, Counter reason);
    void try_to_free(TcpConnection& connection);

    // tcp_server_data.cc
    void receive(TcpConnection& connection);
    void on_received(TcpConnection& connection, const io_uring_cqe& cqe);
    void deliver(TcpConnection& connection, std::span<const std::uint8_t> datagram);
    void take_from_workers(relay::TimeUs now);
    void queue_datagram(const rte_mbuf& packet, relay::TimeUs now);
    void tell_worker(TcpConnection& connection);
    void send_waiting(TcpConnection& connection);
    void send_parts(TcpConnection& connection);
    void on_sent(TcpConnection& connection, int result);

    TcpServerConfig config_;
    TcpPort& port_;
    const Pools& pools_;
    const SessionDirectory& sessions_;
    Counters counters_;
    DescriptorHandover handover_;
    std::vector<int> listeners_;
    std::vector<Endpoint> listening_;
    std::vector<std::uint32_t> unarmed_;  // listeners that accept again with the next sweep
    std::vector<TcpConnection> connections_;
    std::vector<std::uint32_t> free_;
    std::uint32_t undecided_ = 0;
    std::map<IpAddress, std::uint32_t, bool (*)(const IpAddress&, const IpAddress&)> by_address_;
    relay::RateLimit accepts_;
    SendQueueDrops drops_;
    std::uint64_t taken_ = 0;              // datagrams from workers
    std::vector<std::uint32_t> to_send_;   // connections whose queue isn't empty any more
    std::vector<std::uint8_t> delivered_;  // by queue: 1: its worker is to be woken
    Uring ring_;  // goes before the buffers that the kernel may still send from
    relay::TimeUs next_sweep_us_ = 0;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace strata::dataplane
