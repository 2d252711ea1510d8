#include "dataplane/port/socket_queue.h"

#include <linux/sock_diag.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "dataplane/port/socket_address.h"

namespace strata::dataplane {

namespace {

// Asks for a buffer beyond the system's limit first, which root may have.
void set_buffer(int fd, int force, int plain, std::uint32_t bytes) {
    const int size = static_cast<int>(bytes);
    if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, plain, &size, sizeof size);
}

bool wait_and_retry(int error) { return error == EAGAIN || error == ENOBUFS || error == EINTR; }

}  // namespace

SocketQueue::SocketQueue(const Endpoint& bind_to, const PortConfig& config, PortCounters& counters)
    : bind_to_(bind_to), config_(config), counters_(counters), gso_(config.gso) {
    for (std::uint16_t i = 0; i < kRxBurst; ++i) {
        rx_messages_[i].msg_hdr.msg_iov = &rx_vectors_[i];
        rx_messages_[i].msg_hdr.msg_iovlen = 1;
        rx_messages_[i].msg_hdr.msg_name = &rx_addresses_[i];
        rx_messages_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    }
}

SocketQueue::~SocketQueue() {
    for (std::uint16_t i = 0; i < ready_; ++i) rte_pktmbuf_free(empty_[i]);
    if (fd_ >= 0) close(fd_);
}

int SocketQueue::open(rte_mempool* pool) {
    pool_ = pool;
    sockaddr_storage address;
    socklen_t size = to_sockaddr(bind_to_, address);
    fd_ = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return errno;
    set_buffer(fd_, SO_RCVBUFFORCE, SO_RCVBUF, config_.socket_buffer_bytes);
    set_buffer(fd_, SO_SNDBUFFORCE, SO_SNDBUF, config_.socket_buffer_bytes);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0) return errno;
    if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return errno;
    local_ = {bind_to_.address, to_endpoint(address).port};
    return 0;
}

std::optional<std::uint32_t> SocketQueue::kernel_drops() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0 ||
        size < sizeof memory[0] * (SK_MEMINFO_DROPS + 1))
        return std::nullopt;
    return memory[SK_MEMINFO_DROPS];
}

std::uint16_t SocketQueue::refill(std::uint16_t n) {
    if (ready_ >= n) return n;
    if (rte_pktmbuf_alloc_bulk(pool_, &empty_[ready_], n - ready_) == 0)
        ready_ = n;
    else
        ++counters_[PortCounter::rx_no_mbuf];
    aim();
    return ready_;
}

// Each message receives into the empty mbuf of its index.
void SocketQueue::aim() {
    for (std::uint16_t i = 0; i < ready_; ++i)
        rx_vectors_[i] = {rte_pktmbuf_mtod(empty_[i], void*), rte_pktmbuf_tailroom(empty_[i])};
}

std::uint16_t SocketQueue::receive(rte_mbuf** packets, std::uint16_t n) {
    n = refill(std::min(n, kRxBurst));
    if (n == 0) return 0;
    const int received = recvmmsg(fd_, rx_messages_.data(), n, MSG_DONTWAIT, nullptr);
    if (received <= 0) {
        if (received < 0 && !wait_and_retry(errno)) ++counters_[PortCounter::rx_errors];
        return 0;
    }
    return deliver(static_cast<std::uint16_t>(received), packets);
}

std::uint16_t SocketQueue::deliver(std::uint16_t received, rte_mbuf** packets) {
    std::uint16_t count = 0;
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i < received; ++i) {
        rte_mbuf* m = empty_[i];
        const mmsghdr& message = rx_messages_[i];
        counters_[PortCounter::rx_bytes] += message.msg_len;
        if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            ++counters_[PortCounter::rx_truncated];
            empty_[kept++] = m;
            continue;
        }
        m->data_len = static_cast<std::uint16_t>(message.msg_len);
        m->pkt_len = message.msg_len;
        FlowKey& flow = meta(m).flow;
        const Endpoint remote = to_endpoint(rx_addresses_[i]);
        flow.remote = remote.address;
        flow.remote_port = remote.port;
        flow.local = local_.address;
        flow.local_port = local_.port;
        packets[count++] = m;
    }
    for (std::uint16_t i = received; i < ready_; ++i) empty_[kept++] = empty_[i];
    ready_ = kept;
    aim();
    counters_[PortCounter::rx_frames] += received;
    counters_[PortCounter::rx_delivered] += count;
    return count;
}

TxResult SocketQueue::send(rte_mbuf** packets, std::uint32_t n) {
    TxResult result;
    while (result.taken() < n) {
        rte_mbuf** rest = packets + result.taken();
        const std::uint32_t count = std::min(n - result.taken(), SocketBatch::kMaxPackets);
        batch_.arrange({rest, count}, gso_);
        const std::uint64_t errors = counters_[PortCounter::tx_errors];
        const std::uint32_t done = send_messages();
        const auto dropped = static_cast<std::uint32_t>(counters_[PortCounter::tx_errors] - errors);
        take(rest, done);
        result.dropped += dropped;
        result.sent += done - dropped;
        if (done < count) {
            ++counters_[PortCounter::tx_short];
            break;
        }
    }
    counters_[PortCounter::tx_packets] += result.sent;
    return result;
}

// Frees the first `done` packets of the batch's order and moves the others behind them.
void SocketQueue::take(rte_mbuf** packets, std::uint32_t done) {
    const auto order = batch_.order();
    if (done == order.size()) return rte_pktmbuf_free_bulk(packets, done);
    for (std::uint32_t i = 0; i < done; ++i) {
        rte_pktmbuf_free(packets[order[i]]);
        packets[order[i]] = nullptr;
    }
    auto to = static_cast<std::uint32_t>(order.size());
    for (std::uint32_t from = to; from-- > 0;)
        if (packets[from] != nullptr) packets[--to] = packets[from];
}

// Returns how many packets are done with, in the batch's order.
std::uint32_t SocketQueue::send_messages() {
    const auto headers = batch_.headers();
    std::uint32_t at = 0;
    while (at < headers.size()) {
        const auto count = std::min<std::size_t>(headers.size() - at, kMaxMessages);
        const int sent = sendmmsg(fd_, &headers[at], static_cast<unsigned>(count), MSG_DONTWAIT);
        if (sent <= 0) {
            if (!send_failed(at, sent < 0 ? errno : EAGAIN)) break;
            ++at;
            continue;
        }
        for (std::uint32_t i = at; i < at + static_cast<std::uint32_t>(sent); ++i) {
            counters_[PortCounter::tx_bytes] += headers[i].msg_len;
            if (batch_.message(i).packets == 1) continue;
            ++counters_[PortCounter::gso_messages];
            counters_[PortCounter::gso_datagrams] += batch_.message(i).packets;
        }
        at += static_cast<std::uint32_t>(sent);
    }
    return at == headers.size() ? static_cast<std::uint32_t>(batch_.order().size())
                                : batch_.message(at).first;
}

// True: the message is dealt with. False: the kernel has no room now.
bool SocketQueue::send_failed(std::uint32_t message, int error) {
    if (wait_and_retry(error)) return false;
    if (batch_.message(message).packets == 1) {
        ++counters_[PortCounter::tx_errors];
        return true;
    }
    // EIO: the device can't checksum what it would have to cut. EINVAL, EMSGSIZE: the segments
    // don't fit this route. Anything else hits every packet on its own as well, and is counted
    // there.
    ++counters_[PortCounter::gso_refused];
    if (error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT) gso_ = false;
    send_one_by_one(message);
    return true;
}

void SocketQueue::send_one_by_one(std::uint32_t message) {
    const SocketBatch::Message m = batch_.message(message);
    for (std::uint32_t i = m.first; i < m.first + m.packets; ++i) {
        const msghdr header = batch_.single(i);
        const ssize_t sent = sendmsg(fd_, &header, MSG_DONTWAIT);
        if (sent < 0)
            ++counters_[PortCounter::tx_errors];
        else
            counters_[PortCounter::tx_bytes] += static_cast<std::uint64_t>(sent);
    }
}

}  // namespace strata::dataplane
