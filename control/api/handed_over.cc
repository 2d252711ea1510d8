#include "control/api/handed_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "dataplane/api/seqpacket.h"

namespace strata::control {
namespace {

using boost::system::error_code;

constexpr int kSocketsPerWakeup = 32;  // then the loop's other work gets its turn
constexpr char kTls = 'T';

struct Received {
    bool ended = false, blocked = false;
    int descriptor = -1;  // of a message of the right form
};

// One message. Descriptors of a message that isn't understood are closed.
Received receive_one(int socket) {
    char bytes[16];
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    iovec part{bytes, sizeof bytes};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {.blocked = true};
    if (size <= 0) return {.ended = true};
    Received received;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (size == 1 && bytes[0] == kTls && received.descriptor < 0)
                received.descriptor = descriptor;
            else
                ::close(descriptor);
        }
    }
    return received;
}

}  // namespace

struct HandedOver::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, std::string where, std::uint32_t pause, Receive to)
        : path(std::move(where)),
          reconnect(pause),
          receive(std::move(to)),
          descriptor(io),
          retry(io) {}

    void attempt();
    void retry_later();
    void close();
    void wait_readable();
    void on_readable();

    std::string path;
    std::chrono::milliseconds reconnect;
    Receive receive;
    api::SeqpacketLink socket;
    boost::asio::posix::stream_descriptor descriptor;  // the socket's, for waiting only
    boost::asio::steady_timer retry;
    std::uint64_t refused = 0;
    bool stopped = false;
};

HandedOver::HandedOver(boost::asio::io_context& loop, std::string path, std::uint32_t reconnect_ms,
                       Receive receive)
    : state_(std::make_shared<State>(loop, std::move(path), reconnect_ms, std::move(receive))) {}

HandedOver::~HandedOver() { stop(); }

void HandedOver::start() { state_->attempt(); }

void HandedOver::stop() {
    state_->stopped = true;
    state_->retry.cancel();
    state_->close();
}

std::uint64_t HandedOver::refused() const { return state_->refused; }

void HandedOver::State::attempt() {
    if (stopped) return;
    auto link = api::SeqpacketLink::connect(path);
    if (!link) return retry_later();
    socket = std::move(*link);
    descriptor.assign(socket.fd());
    wait_readable();
}

void HandedOver::State::retry_later() {
    retry.expires_after(reconnect);
    retry.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->attempt();
    });
}

void HandedOver::State::close() {
    if (descriptor.is_open()) descriptor.release();
    socket.close();
}

void HandedOver::State::wait_readable() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](error_code error) {
                              if (!error && self->socket.connected()) self->on_readable();
                          });
}

void HandedOver::State::on_readable() {
    for (int i = 0; i < kSocketsPerWakeup && socket.connected(); ++i) {
        const Received received = receive_one(socket.fd());
        if (received.blocked) break;
        if (received.ended) {
            close();
            return retry_later();
        }
        if (received.descriptor >= 0)
            receive(received.descriptor);
        else
            ++refused;
    }
    if (socket.connected()) wait_readable();
}

}  // namespace strata::control
