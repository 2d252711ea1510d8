#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "dataplane/worker/worker.h"
#include "relay/ice/stun_answer.h"

// Connectivity checks, and what follows from them: where a WebRTC peer is and whether it wants
// media.
namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

std::uint64_t hash_text(std::string_view text, std::uint64_t secret) {
    std::uint64_t hash = hash_bytes(std::uint64_t{text.size()}, secret);
    for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 8))) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), std::min<std::size_t>(text.size(), 8));
        hash = hash_bytes(word, hash);
    }
    return hash;
}

constexpr RxDrop to_rx_drop(relay::IceVerdict verdict) {
    switch (verdict) {
        case relay::IceVerdict::unknown_user: return RxDrop::stun_unknown_user;
        case relay::IceVerdict::bad_integrity: return RxDrop::stun_bad_integrity;
        case relay::IceVerdict::unknown_attribute: return RxDrop::stun_unknown_attribute;
        case relay::IceVerdict::role_conflict: return RxDrop::stun_role_conflict;
        case relay::IceVerdict::replayed: return RxDrop::stun_replayed;
        case relay::IceVerdict::rate_limited: return RxDrop::stun_rate_limited;
        case relay::IceVerdict::too_many_tuples: return RxDrop::stun_too_many_tuples;
        default: return RxDrop::stun_unexpected;
    }
}

relay::StunAddress to_stun(const IpAddress& address, std::uint16_t port) {
    if (address.is_v4()) return {{address.v4_bytes(), 4}, port};
    return {address.bytes, port};
}

}  // namespace

void Worker::on_stun(rte_mbuf& packet, std::uint8_t port, relay::TimeUs now) {
    relay::StunMessage message;
    if (!relay::parse_stun(bytes_of(packet), message)) return drop(RxDrop::stun_malformed);
    if (message.is(relay::StunClass::request)) return on_check(packet, message, port, now);
    // A keep-alive (RFC 8445 section 11); it is no consent.
    if (message.is(relay::StunClass::indication) && find_transport(meta(&packet).flow))
        return count(WorkerCounter::consumed);
    drop(RxDrop::stun_unexpected);
}

// budget: 2 µs, of which SHA-1 over the request and the answer is most
void Worker::on_check(rte_mbuf& packet, const relay::StunMessage& message, std::uint8_t port,
                      relay::TimeUs now) {
    const FlowKey& flow = meta(&packet).flow;
    relay::IceAdmission admission;
    Transport* transport = find_user(message);
    if (transport)
        admission = transport->ice->agent.on_request(bytes_of(packet), message,
                                                     tuple_at(*transport->ice, flow),
                                                     ports_[port]->capabilities().connections, now);
    else if (message.username && message.integrity_offset != 0)
        admission.verdict = relay::IceVerdict::unknown_user;
    if (admission.verdict != relay::IceVerdict::valid)
        return refuse_check(packet, message, admission, port, now);
    if (admission.added && !bind_tuple(*transport, admission.tuple, port, flow, now))
        return drop(RxDrop::stun_too_many_tuples);

    std::array<std::uint8_t, relay::kStunAnswerBytes> buffer;
    const auto answer = relay::write_stun_success(
        buffer, message, to_stun(flow.remote, flow.remote_port), *admission.key);
    fan_outs_[port]->send_own(transport->ice->tuples[admission.tuple].link, answer, TxClass::audio,
                              now);
    count(WorkerCounter::stun_answered);
    count(WorkerCounter::consumed);
    select_tuple(*transport, now);
}

// Errors go to where the request came from; so many per second that nobody can be flooded with
// them, and only where nobody has to be asked for the way: the sender may be forged.
void Worker::refuse_check(rte_mbuf& packet, const relay::StunMessage& message,
                          const relay::IceAdmission& admission, std::uint8_t port,
                          relay::TimeUs now) {
    drop(to_rx_drop(admission.verdict));
    const std::uint16_t code = relay::error_code_of(admission.verdict);
    if (code == 0 || !stun_errors_.take(now)) return;
    Link link{};
    const FlowKey& flow = meta(&packet).flow;
    if (ports_[port]->make_answer_link(flow, link) == LinkState::refused)
        return count(WorkerCounter::stun_errors_unsent);
    std::array<std::uint8_t, relay::kStunAnswerBytes> buffer;
    const auto answer = relay::write_stun_error(buffer, message, code, admission.key);
    fan_outs_[port]->send_own(link, answer, TxClass::audio, now);
    ports_[port]->release_link(link);
    count(WorkerCounter::stun_errors_sent);
}

Transport* Worker::find_user(const relay::StunMessage& message) {
    if (!message.username) return nullptr;
    const std::string_view ufrag = relay::local_ufrag_of(*message.username);
    Transport** found = users_.find(hash_text(ufrag, config_.secret));
    return found ? *found : nullptr;
}

// The agent gave the tuple at `flow` this place. False: the worker has no room for it.
bool Worker::bind_tuple(Transport& transport, std::uint8_t tuple, std::uint8_t port,
                        const FlowKey& flow, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    unbind_tuple(transport, tuple);  // a quiet one, whose place this was
    if (Transport* former = find_transport(flow)) {
        // Another session was at the same tuple: its peer is gone.
        if (!former->ice) return ice.agent.forget(tuple), false;
        const std::uint8_t theirs = tuple_at(*former->ice, flow);
        unbind_tuple(*former, theirs);
        former->ice->agent.forget(theirs);
        select_tuple(*former, now);
    }
    IceTransport::Tuple& place = ice.tuples[tuple];
    if (!transports_.insert(flow, transport)) return ice.agent.forget(tuple), false;
    if (!make_link(transport, port, flow, place.link)) {
        transports_.erase(flow);
        return ice.agent.forget(tuple), false;
    }
    place.flow = flow;
    place.port = port;
    place.bound = true;
    place.uppermost = kHighestTxClass;
    ++ice.bound;
    transport.note_tuples();
    count(WorkerCounter::ice_tuples);
    return true;
}

void Worker::unbind_tuple(Transport& transport, std::uint8_t tuple) {
    IceTransport::Tuple& place = transport.ice->tuples[tuple];
    if (!place.bound) return;
    transports_.erase(place.flow);
    ports_[place.port]->release_link(place.link);
    place.bound = false;
    --transport.ice->bound;
    transport.note_tuples();
    if (transport.ice->selected != tuple) return;
    transport.ice->selected = relay::kNoIceTuple;
    transport.has_link = false;
    note_route(transport);
}

// An authentic packet of a peer that has several tuples. budget: 5 ns from the one in use
void Worker::on_heard(Transport& transport, const FlowKey& flow, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    const std::uint8_t tuple = flow == transport.flow ? ice.selected : tuple_at(ice, flow);
    if (tuple == relay::kNoIceTuple) return;
    if (tuple == ice.selected)
        ice.agent.heard(tuple, now);
    else if (ice.agent.heard_elsewhere(tuple, now))
        select_tuple(transport, now);
}

// Moves what the peer receives to where its agent says (C43), or stops it (C42).
void Worker::select_tuple(Transport& transport, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    const std::uint8_t best = ice.agent.selected(now);
    if (best == relay::kNoIceTuple) return mute(transport, now);
    if (best != ice.selected || ice.muted) {
        const bool moved = transport.flow != ice.tuples[best].flow;
        ice.selected = best;
        transport.flow = ice.tuples[best].flow;
        transport.link = ice.tuples[best].link;
        transport.port = ice.tuples[best].port;
        transport.has_address = true;
        transport.has_link = true;
        note_route(transport);
        attach_all(transport, now);
        if (ice.muted)
            unmute(transport, now);
        else
            for (Subscription* s = transport.subscriptions; s; s = s->next) retarget(*s, now);
        count(WorkerCounter::ice_nominations, moved ? 1 : 0);
        Notice notice{.kind = Notice::Kind::transport_nominated, .id = transport.id};
        notice.endpoint = transport.flow.remote_endpoint();
        notice.tcp = ports_[transport.port]->capabilities().connections;
        tell(notice);
    }
    if (!ice.timer.armed()) timers_.arm(ice.timer, ice.agent.consent_until(best));
}

// Consent has run out, or there never was any. Receivers stay where they are, paused: their numbers
// go on when it comes back (C49), which with SRTP they have to (C25).
void Worker::mute(Transport& transport, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    transport.has_link = false;
    note_route(transport);
    ice.selected = relay::kNoIceTuple;
    if (ice.muted || !transport.has_address) return;
    ice.muted = true;
    for (Subscription* s = transport.subscriptions; s; s = s->next) retarget(*s, now);
    count(WorkerCounter::ice_consent_lost);
    tell({.kind = Notice::Kind::consent_lost, .id = transport.id});
}

void Worker::unmute(Transport& transport, relay::TimeUs now) {
    transport.ice->muted = false;
    for (Subscription* s = transport.subscriptions; s; s = s->next) retarget(*s, now);
}

// One timer per transport follows the consent of its selected tuple, which each check renews.
void Worker::on_ice_timer(Transport& transport, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    select_tuple(transport, now);
    if (ice.selected != relay::kNoIceTuple)
        timers_.arm(ice.timer, ice.agent.consent_until(ice.selected));
}

void Worker::add_ice(Transport& transport, relay::TimeUs now) {
    IceTransport& ice = *transport.ice;
    ice.timer.owner = &transport;
    ice.timer.kind = static_cast<std::uint8_t>(TimerKind::ice);
    add_users(transport);
    if (std::exchange(transport.has_address, false) && restore_tuple(transport, now))
        select_tuple(transport, now);
}

// Where it was nominated before a restart: by the worker's UDP port of that IP version.
bool Worker::restore_tuple(Transport& transport, relay::TimeUs now) {
    const auto fits = [&](const Port* port) {
        return port->addresses().towards(transport.flow.remote) != nullptr;
    };
    const auto at = transport.flow.local.is_v4() == transport.flow.remote.is_v4()
                        ? ports_.begin() + transport.port
                        : std::ranges::find_if(ports_, fits);
    if (at == ports_.end()) return false;
    FlowKey flow = transport.flow;
    if (flow.local.is_v4() != flow.remote.is_v4()) {
        flow.local = (*at)->addresses().towards(flow.remote)->address;
        flow.local_port = (*at)->local_endpoint(config_.queue).port;
    }
    const std::uint8_t tuple = transport.ice->agent.restore(false, now);
    return tuple != relay::kNoIceTuple &&
           bind_tuple(transport, tuple, static_cast<std::uint8_t>(at - ports_.begin()), flow, now);
}

// Connections that ended: their tuples are nobody's any more.
void Worker::forget_closed(Port& port, relay::TimeUs now) {
    FlowKey flow;
    while (port.next_closed(config_.queue, flow)) {
        Transport* transport = find_transport(flow);
        if (!transport || !transport->ice) continue;
        const std::uint8_t tuple = tuple_at(*transport->ice, flow);
        unbind_tuple(*transport, tuple);
        transport->ice->agent.forget(tuple);
        select_tuple(*transport, now);
    }
}

// Its queue decides, with hysteresis, what of the layers it takes; receivers go with it, so that
// what is left out isn't a hole to them (C40).
void Worker::follow_slow(Port& port, relay::TimeUs now) {
    SlowPeer peer;
    while (port.next_slow(config_.queue, peer)) {
        Transport* transport = find_transport(peer.flow);
        if (!transport || !transport->ice) continue;
        const std::uint8_t tuple = tuple_at(*transport->ice, peer.flow);
        if (tuple == relay::kNoIceTuple) continue;
        TxClass& uppermost = transport->ice->tuples[tuple].uppermost;
        count(peer.uppermost < uppermost ? WorkerCounter::peers_slower
                                         : WorkerCounter::peers_faster);
        uppermost = peer.uppermost;
        if (tuple != transport->ice->selected) continue;
        for (Subscription* s = transport->subscriptions; s; s = s->next) retarget(*s, now);
    }
}

void Worker::remove_ice(Transport& transport) {
    timers_.disarm(transport.ice->timer);
    remove_users(transport);
    for (std::uint8_t i = 0; i < transport.ice->tuples.size(); ++i) unbind_tuple(transport, i);
}

void Worker::set_ice(const Command& command) {
    Transport& transport = *command.transport;
    remove_users(transport);
    transport.ice->agent.exchange_credentials(command.ice->credentials);
    transport.ice->agent.set_consent_timeout(command.ice->consent_timeout_us);
    add_users(transport);
    answers_.push({.kind = Command::Kind::set_ice, .ice = command.ice});
}

void Worker::add_users(Transport& transport) {
    for (const relay::IceCredentials& one : transport.ice->agent.credentials())
        if (!users_.insert(hash_text(one.local_ufrag(), config_.secret), &transport))
            count(WorkerCounter::ssrcs_refused);
}

void Worker::remove_users(Transport& transport) {
    for (const relay::IceCredentials& one : transport.ice->agent.credentials()) {
        const std::uint64_t user = hash_text(one.local_ufrag(), config_.secret);
        Transport** found = users_.find(user);
        if (found && *found == &transport) users_.erase(user);
    }
}

}  // namespace strata::dataplane
