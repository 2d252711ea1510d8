#include "control/dtls/punt_link.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <vector>

#include "dataplane/api/protocol.h"
#include "dataplane/api/seqpacket.h"
#include "dataplane/api/strata.pb.h"

namespace strata::control {
namespace {

using boost::system::error_code;

constexpr int kDatagramsPerWakeup = 32;  // then the loop's other work gets its turn
constexpr std::size_t kMaxDatagramBytes = 2048;

}  // namespace

struct PuntLink::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, std::string where, std::uint32_t pause, Receive to)
        : path(std::move(where)),
          reconnect(pause),
          receive(std::move(to)),
          descriptor(io),
          retry(io),
          buffer(api::kMaxMessageBytes) {}

    void attempt();
    void retry_later();
    void close();
    void wait_readable();
    void on_readable();
    void take(std::size_t size);

    std::string path;
    std::chrono::milliseconds reconnect;
    Receive receive;
    api::SeqpacketLink socket;
    boost::asio::posix::stream_descriptor descriptor;  // the socket's, for waiting only
    boost::asio::steady_timer retry;
    std::vector<char> buffer;
    Counters counters;
    bool stopped = false;
};

PuntLink::PuntLink(boost::asio::io_context& loop, std::string path, std::uint32_t reconnect_ms,
                   Receive receive)
    : state_(std::make_shared<State>(loop, std::move(path), reconnect_ms, std::move(receive))) {}

PuntLink::~PuntLink() { stop(); }

void PuntLink::start() { state_->attempt(); }

void PuntLink::stop() {
    state_->stopped = true;
    state_->retry.cancel();
    state_->close();
}

const PuntLink::Counters& PuntLink::counters() const { return state_->counters; }

void PuntLink::send(ParticipantId peer, std::span<const std::uint8_t> datagram) {
    api::Punted message;
    message.set_transport(peer.value);
    message.set_datagram(datagram.data(), datagram.size());
    if (state_->socket.connected() && state_->socket.send(message.SerializeAsString()))
        ++state_->counters.sent;
    else
        ++state_->counters.dropped;
}

void PuntLink::State::attempt() {
    if (stopped) return;
    auto link = api::SeqpacketLink::connect(path);
    if (!link) return retry_later();
    socket = std::move(*link);
    descriptor.assign(socket.fd());
    wait_readable();
}

void PuntLink::State::retry_later() {
    retry.expires_after(reconnect);
    retry.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->attempt();
    });
}

void PuntLink::State::close() {
    if (descriptor.is_open()) descriptor.release();
    socket.close();
}

void PuntLink::State::wait_readable() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](error_code error) {
                              if (!error && self->socket.connected()) self->on_readable();
                          });
}

void PuntLink::State::on_readable() {
    for (int i = 0; i < kDatagramsPerWakeup && socket.connected(); ++i) {
        const auto size = socket.receive(buffer);
        if (!size && size.error() == api::LinkError::would_block) break;
        if (!size) {
            close();
            return retry_later();
        }
        take(*size);
    }
    if (socket.connected()) wait_readable();
}

void PuntLink::State::take(std::size_t size) {
    api::Punted message;
    if (!message.ParseFromArray(buffer.data(), static_cast<int>(size)) ||
        message.datagram().size() > kMaxDatagramBytes) {
        ++counters.refused;
        return;
    }
    ++counters.received;
    const std::string& bytes = message.datagram();
    receive({message.transport()},
            {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace strata::control
