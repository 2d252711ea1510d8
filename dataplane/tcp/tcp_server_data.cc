#include <rte_mbuf.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "dataplane/port/packet_meta.h"
#include "dataplane/tcp/tcp_server.h"

// Datagrams of open connections, both ways.
namespace strata::dataplane {
namespace {

constexpr std::uint32_t kFromOneWorker = 1'024;  // at once

api::TcpCounter reason_of(int error) {
    return error == ECONNRESET || error == EPIPE ? api::TcpCounter::closed_by_peer
                                                 : api::TcpCounter::closed_error;
}

// Behind its FlowKey, with its frame's head in front (RFC 4571).
SendQueue::Packet framed(const rte_mbuf& packet) {
    const auto bytes = static_cast<std::uint16_t>(packet.pkt_len - sizeof(FlowKey));
    SendQueue::Packet out{
        .bytes = std::make_unique_for_overwrite<std::uint8_t[]>(relay::kFrameHeadBytes + bytes),
        .size = static_cast<std::uint32_t>(relay::kFrameHeadBytes) + bytes,
        .tx_class = class_of(packet)};
    std::uint8_t* to = std::ranges::copy(relay::frame_head(bytes), out.bytes.get()).out;
    std::size_t skip = sizeof(FlowKey);
    for (const rte_mbuf* s = &packet; s != nullptr; s = s->next) {
        to = std::copy_n(rte_pktmbuf_mtod_offset(s, const std::uint8_t*, skip), s->data_len - skip,
                         to);
        skip = 0;
    }
    return out;
}

}  // namespace

void TcpServer::receive(TcpConnection& connection) {
    io_uring_sqe& sqe = ring_.next();
    io_uring_prep_recv_multishot(&sqe, connection.fd, nullptr, 0, 0);
    sqe.flags |= IOSQE_BUFFER_SELECT;
    sqe.buf_group = Uring::kBufferGroup;
    submit(sqe, Operation::receive, connection);
}

void TcpServer::on_received(TcpConnection& connection, const io_uring_cqe& cqe) {
    const bool has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0;
    bool whole = true;
    if (has_buffer && connection.state == State::open && cqe.res > 0)
        whole = connection.reader->read(
            ring_.buffer(cqe, static_cast<std::uint32_t>(cqe.res)),
            [&](std::span<const std::uint8_t> datagram) { deliver(connection, datagram); });
    if (has_buffer) ring_.give_back(cqe);
    if (connection.state == State::closing) return try_to_free(connection);
    if (!whole) return close(connection, Counter::closed_broken);
    if (cqe.res == 0) return close(connection, Counter::closed_by_peer);
    if (cqe.res == -ENOBUFS)
        count(Counter::rx_no_buffer);
    else if (cqe.res < 0)
        return close(connection, reason_of(-cqe.res));
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive(connection);
}

void TcpServer::deliver(TcpConnection& connection, std::span<const std::uint8_t> datagram) {
    rte_mbuf* m = rte_pktmbuf_alloc(pools_.rx);
    if (m == nullptr) return count(Counter::rx_no_mbuf);
    char* data = rte_pktmbuf_append(m, static_cast<std::uint16_t>(datagram.size()));
    if (data == nullptr) {
        rte_pktmbuf_free(m);
        return count(Counter::rx_no_mbuf);
    }
    std::memcpy(data, datagram.data(), datagram.size());
    meta(m).flow = connection.flow;
    if (!port_.lane(connection.queue).received.push(m)) {
        rte_pktmbuf_free(m);
        return count(Counter::rx_full);
    }
    delivered_[connection.queue] = 1;
    count(Counter::rx_datagrams);
    count(Counter::rx_bytes, datagram.size());
}

void TcpServer::take_from_workers(relay::TimeUs now) {
    port_.bell().answer();
    for (std::uint16_t queue = 0; queue < port_.config().workers; ++queue) {
        rte_mbuf* m;
        std::uint32_t taken = 0;
        while (taken < kFromOneWorker && port_.lane(queue).to_send.pop(m)) {
            queue_datagram(*m, now);
            rte_pktmbuf_free(m);
            ++taken;
        }
        if (taken == kFromOneWorker) port_.bell().ring();  // there may be more
    }
    for (const std::uint32_t index : to_send_)
        if (TcpConnection& connection = connections_[index]; connection.state == State::open)
            send_waiting(connection);
    to_send_.clear();
}

void TcpServer::queue_datagram(const rte_mbuf& packet, relay::TimeUs now) {
    ++taken_;
    FlowKey flow;
    std::memcpy(&flow, rte_pktmbuf_mtod(&packet, const void*), sizeof flow);
    const TcpHandle handle = tcp_handle_of(flow).value_or(TcpHandle{});
    TcpConnection* connection =
        handle.index < connections_.size() ? &connections_[handle.index] : nullptr;
    if (connection == nullptr || connection->state != State::open || connection->handle != handle)
        return count(Counter::tx_gone);
    if (connection->waiting->empty()) to_send_.push_back(handle.index);
    connection->waiting->push(framed(packet), now);
    tell_worker(*connection);
}

// So that receivers move to layers that fit instead of missing what is left out. Again with the
// next packet or sweep while the ring is full.
void TcpServer::tell_worker(TcpConnection& connection) {
    const TxClass uppermost = connection.waiting->uppermost();
    if (uppermost == connection.told) return;
    if (!port_.lane(connection.queue).slow.push({connection.flow, uppermost})) return;
    connection.told = uppermost;
    delivered_[connection.queue] = 1;
}

void TcpServer::send_waiting(TcpConnection& connection) {
    if (connection.sending) return;
    std::uint32_t bytes = 0;
    while (connection.in_flight.size() < TcpConnection::kPartsInFlight &&
           bytes < TcpConnection::kBytesInFlight) {
        auto packet = connection.waiting->pop();
        if (!packet) break;
        connection.parts[connection.in_flight.size()] = {packet->bytes.get(), packet->size};
        bytes += packet->size;
        connection.in_flight.push_back(std::move(*packet));
    }
    if (connection.in_flight.empty()) return;
    connection.message = {};
    connection.message.msg_iov = connection.parts.data();
    connection.message.msg_iovlen = connection.in_flight.size();
    send_parts(connection);
}

void TcpServer::send_parts(TcpConnection& connection) {
    io_uring_sqe& sqe = ring_.next();
    io_uring_prep_sendmsg(&sqe, connection.fd, &connection.message, MSG_NOSIGNAL);
    submit(sqe, Operation::send, connection);
    connection.sending = true;
}

void TcpServer::on_sent(TcpConnection& connection, int result) {
    connection.sending = false;
    if (result < 0) {
        if (result == -EINTR || result == -EAGAIN) return send_parts(connection);
        return close(connection, reason_of(-result));
    }
    count(Counter::tx_bytes, static_cast<std::uint64_t>(result));
    msghdr& message = connection.message;
    auto sent = static_cast<std::size_t>(result);
    while (message.msg_iovlen != 0 && sent >= message.msg_iov->iov_len) {
        sent -= message.msg_iov->iov_len;
        ++message.msg_iov;
        --message.msg_iovlen;
    }
    if (message.msg_iovlen != 0) {
        message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + sent;
        message.msg_iov->iov_len -= sent;
        return send_parts(connection);
    }
    count(Counter::tx_datagrams, connection.in_flight.size());
    connection.in_flight.clear();
    send_waiting(connection);
}

}  // namespace strata::dataplane
