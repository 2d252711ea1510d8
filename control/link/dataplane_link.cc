#include "control/link/dataplane_link.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "dataplane/api/protocol.h"
#include "dataplane/api/seqpacket.h"

namespace strata::control {
namespace {

using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr int kMessagesPerWakeup = 64;  // then the loop's other work gets its turn

}  // namespace

struct DataplaneLink::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, LinkSession& s, DataplaneLinkOptions o)
        : session(s),
          options(std::move(o)),
          descriptor(io),
          retry(io),
          answer(io),
          buffer(api::kMaxMessageBytes),
          pause(options.reconnect_ms) {}

    void attempt();
    void retry_later();
    void fail(const std::string& reason);
    void wait_readable();
    void on_readable();
    void write();
    void wait_writable();
    void watch_answer();
    void note_progress();

    LinkSession& session;
    DataplaneLinkOptions options;
    api::SeqpacketLink socket;
    boost::asio::posix::stream_descriptor descriptor;  // the socket's, for waiting only
    boost::asio::steady_timer retry, answer;
    std::vector<char> buffer;
    std::optional<std::string> unsent;  // a message that found the socket full
    std::chrono::milliseconds pause;
    Clock::time_point connected_at;
    bool stopped = false;
    bool waiting_writable = false;
    bool answer_watched = false;
    bool resync_noted = false;
    std::uint64_t connects = 0, last_resync_us = 0;
};

DataplaneLink::DataplaneLink(boost::asio::io_context& loop, LinkSession& session,
                             DataplaneLinkOptions options)
    : state_(std::make_shared<State>(loop, session, std::move(options))) {}

DataplaneLink::~DataplaneLink() { stop(); }

void DataplaneLink::start() { state_->attempt(); }

void DataplaneLink::stop() {
    State& s = *state_;
    s.stopped = true;
    s.retry.cancel();
    s.answer.cancel();
    if (s.descriptor.is_open()) s.descriptor.release();
    s.socket.close();
}

void DataplaneLink::wake() {
    if (state_->socket.connected()) state_->write();
}

std::uint64_t DataplaneLink::connects() const { return state_->connects; }
std::uint64_t DataplaneLink::last_resync_us() const { return state_->last_resync_us; }

void DataplaneLink::State::attempt() {
    if (stopped) return;
    auto link = api::SeqpacketLink::connect(options.socket);
    if (!link) {
        if (session.link_state() != LinkState::absent)
            spdlog::warn("no data plane: {}", link.error());
        session.set_absent();
        pause = std::chrono::milliseconds(options.reconnect_ms);
        retry_later();
        return;
    }
    socket = std::move(*link);
    descriptor.assign(socket.fd());
    ++connects;
    connected_at = Clock::now();
    resync_noted = false;
    unsent.reset();
    waiting_writable = false;
    session.connect();
    wait_readable();
    write();
}

void DataplaneLink::State::retry_later() {
    retry.expires_after(pause);
    retry.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->attempt();
    });
}

void DataplaneLink::State::fail(const std::string& reason) {
    spdlog::warn("data plane link: {}", reason);
    const bool was_useful = session.link_state() == LinkState::synchronised;
    answer.cancel();
    descriptor.release();
    socket.close();
    session.disconnect(reason);
    pause = was_useful ? std::chrono::milliseconds(options.reconnect_ms)
                       : std::min(pause * 2, kLongestPause);
    retry_later();
}

void DataplaneLink::State::wait_readable() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](error_code error) {
                              if (!error && self->socket.connected()) self->on_readable();
                          });
}

void DataplaneLink::State::on_readable() {
    for (int i = 0; i < kMessagesPerWakeup; ++i) {
        const auto size = socket.receive(buffer);
        if (!size && size.error() == api::LinkError::would_block) break;
        if (!size) return fail(api::to_string(size.error()));
        if (!session.receive({buffer.data(), *size})) {
            // Copied: disconnect replaces the text.
            return fail(std::string(session.last_error()));
        }
        note_progress();
    }
    wait_readable();
    write();
}

void DataplaneLink::State::note_progress() {
    if (resync_noted || session.link_state() != LinkState::synchronised) return;
    resync_noted = true;
    pause = std::chrono::milliseconds(options.reconnect_ms);
    last_resync_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connected_at).count());
    spdlog::info("data plane {:016x} synchronised in {} us, {} refused", session.dataplane_epoch(),
                 last_resync_us, session.refused_count());
}

void DataplaneLink::State::write() {
    while (socket.connected() && !waiting_writable) {
        if (!unsent) unsent = session.next_message();
        if (!unsent) break;
        const auto sent = socket.send(*unsent);
        if (!sent && sent.error() == api::LinkError::would_block) {
            wait_writable();
            break;
        }
        if (!sent) return fail(api::to_string(sent.error()));
        unsent.reset();
    }
    watch_answer();
}

void DataplaneLink::State::wait_writable() {
    waiting_writable = true;
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                          [self = shared_from_this()](error_code error) {
                              if (error || !self->socket.connected()) return;
                              self->waiting_writable = false;
                              self->write();
                          });
}

// The generation that was applied must move while an answer is due.
void DataplaneLink::State::watch_answer() {
    if (answer_watched || stopped || !session.answer_due()) return;
    answer_watched = true;
    answer.expires_after(std::chrono::milliseconds(options.resync_timeout_ms));
    answer.async_wait([self = shared_from_this(), connection = connects,
                       applied = session.generation_applied()](error_code error) {
        self->answer_watched = false;
        if (error || self->stopped || self->connects != connection || !self->socket.connected())
            return;
        if (self->session.answer_due() && self->session.generation_applied() == applied)
            return self->fail("no answer within " +
                              std::to_string(self->options.resync_timeout_ms) + " ms");
        self->watch_answer();
    });
}

}  // namespace strata::control
