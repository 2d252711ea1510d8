#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "dataplane/tcp/socket_options.h"
#include "dataplane/tcp/tcp_server.h"
#include "relay/ice/agent.h"
#include "relay/ice/stream_opening.h"

// Connections from being accepted until it is clear what they are, and their end.
namespace strata::dataplane {
namespace {

constexpr std::size_t kMaxOpeningBytes = 2'048;

// What counts as one address: a whole /64 of IPv6, which one subscriber has.
IpAddress neighbourhood(IpAddress address) {
    if (!address.is_v4()) std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{});
    return address;
}

}  // namespace

void TcpServer::on_accept(std::uint32_t listener, const io_uring_cqe& cqe, relay::TimeUs now) {
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) {
        // Out of descriptors or memory: not at once again.
        if (cqe.res < 0)
            unarmed_.push_back(listener);
        else
            arm(Operation::accept, listener);
    }
    if (cqe.res < 0) return;
    const int fd = cqe.res;
    const Endpoint remote = remote_endpoint(fd);
    count(Counter::accepted);
    if (!admit(remote, now)) {
        ::close(fd);
        return;
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    TcpConnection& connection = connections_[index];
    const std::uint32_t generation = std::max(connection.handle.generation + 1, 1u);
    connection.state = State::undecided;
    connection.fd = fd;
    connection.handle = {.generation = generation, .index = index};
    connection.flow = make_tcp_flow(remote, listening_[listener].port, connection.handle);
    connection.deadline_us = now + config_.undecided_us;
    ++undecided_;
    ++by_address_[neighbourhood(remote.address)];
    wait_for_bytes(connection, 1);
}

// False: over one of the limits, counted.
bool TcpServer::admit(const Endpoint& remote, relay::TimeUs now) {
    const auto at = by_address_.find(neighbourhood(remote.address));
    if (!accepts_.take(now))
        count(Counter::refused_per_second);
    else if (free_.empty())
        count(Counter::refused_connections);
    else if (undecided_ >= config_.undecided)
        count(Counter::refused_undecided);
    else if (at != by_address_.end() && at->second >= config_.connections_per_address)
        count(Counter::refused_per_address);
    else
        return true;
    return false;
}

// Until `bytes` are there, or the peer has ended.
void TcpServer::wait_for_bytes(TcpConnection& connection, std::size_t bytes) {
    if (connection.ended) return close(connection, Counter::closed_by_peer);
    set_readable_at(connection.fd, bytes);
    io_uring_sqe& sqe = ring_.next();
    io_uring_prep_poll_add(&sqe, connection.fd, POLLIN | POLLRDHUP);
    submit(sqe, Operation::poll, connection);
}

// By what has come so far, which stays in the socket: control must find it there.
void TcpServer::decide(TcpConnection& connection, int events) {
    std::array<std::uint8_t, kMaxOpeningBytes> buffer;
    connection.ended = events < 0 || (events & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    const std::size_t most = std::min<std::size_t>(config_.undecided_bytes, buffer.size());
    const ssize_t size = ::recv(connection.fd, buffer.data(), most, MSG_PEEK | MSG_DONTWAIT);
    if (size == 0) return close(connection, Counter::closed_by_peer);
    if (size < 0) {
        if (errno == ECONNRESET) return close(connection, Counter::closed_by_peer);
        if (errno != EAGAIN && errno != EINTR) return close(connection, Counter::closed_error);
        return wait_for_bytes(connection, 1);
    }
    const std::span<const std::uint8_t> bytes(buffer.data(), static_cast<std::size_t>(size));
    const relay::StreamOpening opening = relay::read_opening(bytes, most);
    switch (opening.kind) {
        case relay::StreamOpening::Kind::tls: return hand_over(connection);
        case relay::StreamOpening::Kind::check: return decide_check(connection, opening.username);
        case relay::StreamOpening::Kind::undecided:
            return wait_for_bytes(connection, opening.needed);
        case relay::StreamOpening::Kind::unknown: return close(connection, Counter::closed_unknown);
    }
}

// Whose the first check is says which worker has to answer it.
void TcpServer::decide_check(TcpConnection& connection, std::string_view username) {
    const auto worker = sessions_.find(relay::local_ufrag_of(username));
    if (!worker) return close(connection, Counter::closed_unknown_user);
    open(connection, *worker);
}

void TcpServer::hand_over(TcpConnection& connection) {
    set_readable_at(connection.fd, 1);
    count(handover_.give(connection.fd) ? Counter::tls_handed_over : Counter::tls_refused);
    --undecided_;
    connection.state = State::closing;
    try_to_free(connection);
}

void TcpServer::open(TcpConnection& connection, std::uint16_t worker) {
    set_readable_at(connection.fd, 1);
    set_for_media(connection.fd, config_.unsent_bytes);
    connection.state = State::open;
    connection.queue = worker;
    connection.reader = std::make_unique<relay::FrameReader>(kMaxOpeningBytes);
    connection.waiting = std::make_unique<SendQueue>(config_.queue, drops_);
    --undecided_;
    port_.set_open(connection.handle, worker);
    receive(connection);
}

// Its operations end by themselves once the socket is shut down.
void TcpServer::close(TcpConnection& connection, Counter reason) {
    count(reason);
    ::shutdown(connection.fd, SHUT_RDWR);
    if (connection.state == State::undecided) {
        --undecided_;
    } else {
        port_.set_closed(connection.handle);
        connection.report = true;
    }
    connection.state = State::closing;
    try_to_free(connection);
}

// Not before nothing of it is under way any more, and its worker can know that it is gone.
void TcpServer::try_to_free(TcpConnection& connection) {
    if (connection.report && port_.lane(connection.queue).closed.push(connection.flow)) {
        connection.report = false;
        delivered_[connection.queue] = 1;
    }
    if (connection.operations != 0 || connection.report) return;
    ::close(connection.fd);
    const auto at = by_address_.find(neighbourhood(connection.flow.remote));
    if (--at->second == 0) by_address_.erase(at);
    count(Counter::tx_gone, connection.in_flight.size());
    if (connection.waiting) count(Counter::tx_gone, connection.waiting->packets());
    const TcpHandle handle = connection.handle;
    connection = TcpConnection{};
    connection.handle = handle;
    free_.push_back(handle.index);
}

}  // namespace strata::dataplane
