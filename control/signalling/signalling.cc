#include "control/signalling/signalling.h"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <sstream>

#include "control/dtls/punt_link.h"
#include "control/meeting/meetings.h"
#include "control/signalling/access.h"
#include "control/signalling/legs.h"
#include "control/signalling/peers.h"
#include "control/signalling/sessions.h"
#include "control/signalling/whip.h"

namespace strata::control {
namespace {

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Publishers get transport-wide feedback and are asked again for what is missing; viewers are sent
// again what they ask for.
constexpr sdp::Capabilities kReceiving{.retransmission = true, .transport_cc = true};
constexpr sdp::Capabilities kSending{
    .retransmission = true, .transport_cc = true, .stamps_mid = true};

std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> found;
    for (std::string word; in >> word;) found.push_back(word);
    return found;
}

}  // namespace

struct Signalling::Parts {
    Parts(boost::asio::io_context& loop, Node& n, StatisticsView& statistics, After a, Access entry)
        : node(n),
          after(std::move(a)),
          access(std::move(entry)),
          punt(loop, node.config().control.dataplane_socket + ".punt",
               node.config().control.reconnect_ms,
               [this](ParticipantId id, std::span<const std::uint8_t> datagram) {
                   handshakes.receive(id, datagram);
               }),
          handshakes(node.limits(), handshake_environment()),
          peers({.node = &node, .handshakes = &handshakes, .after = after}),
          sessions({.node = &node, .peers = &peers, .receiving = kReceiving, .sending = kSending}),
          whip(node, sessions, access, {.ice_servers = words(node.config().control.ice_servers)}),
          legs({.node = &node, .peers = &peers, .receiving = kReceiving, .sending = kSending}),
          meetings({.node = &node,
                    .legs = &legs,
                    .peers = &peers,
                    .access = &access,
                    .live = meeting::live_from(node, statistics),
                    .ice_servers = words(node.config().control.ice_servers),
                    .now = [] { return std::chrono::steady_clock::now(); },
                    .after = after}) {}

    Handshakes::Environment handshake_environment() {
        return {.send = [this](ParticipantId id,
                               const Handshakes::Datagram& datagram) { punt.send(id, datagram); },
                .install =
                    [this](ParticipantId id, const SrtpKeys& keys, std::function<void()> done) {
                        peers.install(id, keys, std::move(done));
                    },
                .ended = [this](ParticipantId id, Handshakes::End end,
                                std::string_view why) { peers.association_ended(id, end, why); },
                .now = [] { return std::chrono::steady_clock::now(); },
                .after = after};
    }

    Node::NamedCounters counters() const {
        const PuntLink::Counters& p = punt.counters();
        Node::NamedCounters all = {{"punted_received", p.received},
                                   {"punted_sent", p.sent},
                                   {"punted_dropped", p.dropped},
                                   {"punted_refused", p.refused},
                                   {"dtls_running", handshakes.running()}};
        for (std::size_t i = 0; i < static_cast<std::size_t>(DtlsCounter::kCount); ++i) {
            const auto counter = static_cast<DtlsCounter>(i);
            all.emplace_back(dtls_counter_name(counter), handshakes.counter(counter));
        }
        const Node::NamedCounters of_meetings = meetings.counters();
        all.insert(all.end(), of_meetings.begin(), of_meetings.end());
        return all;
    }

    // A new certificate now and whenever one has been shown long enough. It stays valid for twice
    // that time, for peers that came just before.
    Result<void> rotate_certificate() {
        const std::uint32_t days = node.config().control.dtls_certificate_days;
        const auto context = DtlsContext::make(2 * days);
        if (!context) return std::unexpected(context.error());
        handshakes.use(*context);
        after(std::chrono::hours(24) * days, [this] {
            if (const auto ok = rotate_certificate(); !ok)
                spdlog::error("dtls: {}; the old certificate stays", ok.error().detail);
        });
        return {};
    }

    Node& node;
    After after;
    Access access;
    PuntLink punt;
    Handshakes handshakes;
    Peers peers;
    Sessions sessions;
    Whip whip;
    Legs legs;
    Meetings meetings;
};

Signalling::Signalling(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Signalling::~Signalling() = default;

Result<std::unique_ptr<Signalling>> Signalling::make(boost::asio::io_context& loop, Node& node,
                                                     StatisticsView& statistics, After after) {
    auto access = Access::load(node.config().auth, unix_seconds);
    if (!access) return std::unexpected(access.error());
    if (access->open())
        spdlog::warn(
            "no auth.key_file: this machine's programs may publish and view without a "
            "token, others not at all");
    auto parts =
        std::make_unique<Parts>(loop, node, statistics, std::move(after), *std::move(access));
    if (auto ok = parts->rotate_certificate(); !ok) return std::unexpected(ok.error());
    node.signalling_counters = [p = parts.get()] { return p->counters(); };
    return std::unique_ptr<Signalling>(new Signalling(std::move(parts)));
}

void Signalling::start() { parts_->punt.start(); }
void Signalling::stop() { parts_->punt.stop(); }
bool Signalling::owns(std::string_view target) { return Whip::owns(target); }
void Signalling::handle(const HttpRequest& request, const HttpRespond& respond) {
    parts_->whip.handle(request, respond);
}
Result<WebSocketAcceptor> Signalling::upgrade(const HttpRequest& request) {
    return parts_->meetings.upgrade(request);
}
bool Signalling::drain() { return parts_->meetings.drain(); }
Result<void> Signalling::may_administer(const HttpRequest& request) const {
    if (request.peer != HttpRequest::Peer::remote) return {};
    return parts_->access.check(request, Right::admin, "*");
}

}  // namespace strata::control
