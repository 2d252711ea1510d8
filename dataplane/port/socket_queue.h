#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/port/socket_batch.h"

namespace strata::dataplane {

// One worker's socket: batches of packets in and out by recvmmsg and sendmmsg. Thread: opened on
// the main thread, then its worker.
class SocketQueue {
  public:
    static constexpr std::uint16_t kRxBurst = 64;  // packets of one recvmmsg

    SocketQueue(const Endpoint& bind_to, const PortConfig& config, PortCounters& counters);
    ~SocketQueue();
    SocketQueue(const SocketQueue&) = delete;
    SocketQueue& operator=(const SocketQueue&) = delete;

    // What one takes of memory, its socket's buffers left out.
    static constexpr std::size_t bytes() { return sizeof(SocketQueue) + SocketBatch::bytes(); }

    // Creates and binds the socket. Nonzero: errno of what failed.
    int open(rte_mempool* pool);
    int descriptor() const { return fd_; }
    const Endpoint& local() const { return local_; }

    // Datagrams that the kernel dropped since the socket was opened, modulo 2^32: its buffer was
    // full, or their checksum was wrong. Nullopt: it doesn't say. Any thread.
    std::optional<std::uint32_t> kernel_drops() const;

    std::uint16_t receive(rte_mbuf** packets, std::uint16_t n);
    TxResult send(rte_mbuf** packets, std::uint32_t n);

  private:
    static constexpr std::uint32_t kMaxMessages = 1'024;  // of one sendmmsg: UIO_MAXIOV

    std::uint16_t refill(std::uint16_t n);
    void aim();
    std::uint16_t deliver(std::uint16_t received, rte_mbuf** packets);
    void take(rte_mbuf** packets, std::uint32_t done);
    std::uint32_t send_messages();
    bool send_failed(std::uint32_t message, int error);
    void send_one_by_one(std::uint32_t message);

    Endpoint bind_to_;
    const PortConfig& config_;
    PortCounters& counters_;
    Endpoint local_;
    int fd_ = -1;
    bool gso_;
    rte_mempool* pool_ = nullptr;
    // Empty mbufs that the next recvmmsg fills: [0, ready_).
    std::uint16_t ready_ = 0;
    std::array<rte_mbuf*, kRxBurst> empty_{};
    std::array<mmsghdr, kRxBurst> rx_messages_{};
    std::array<iovec, kRxBurst> rx_vectors_{};
    std::array<sockaddr_in6, kRxBurst> rx_addresses_{};
    SocketBatch batch_;
};

}  // namespace strata::dataplane
