#include <algorithm>
#include <cstring>
#include <string_view>

#include "dataplane/worker/lowered_target.h"
#include "dataplane/worker/worker.h"
#include "relay/rtp/byte_order.h"

// Where peers are and which SSRC is what: learned from packets once, then fixed.
namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;

// A learned SSRC may be replaced by another one after this long without a packet.
constexpr relay::TimeUs kReplaceAfterUs = 500'000;

std::string_view text_of(std::span<const std::uint8_t> packet, const relay::ExtensionLocation* at) {
    if (!at) return {};
    return {reinterpret_cast<const char*>(packet.data()) + at->offset, at->size};
}

std::string_view rid_of(const relay::EncodingConfig& encoding) {
    return {encoding.rid.data(), ::strnlen(encoding.rid.data(), encoding.rid.size())};
}

// The encoding that `rid` names; for an empty one the only encoding there is.
int find_encoding(const relay::TrackConfig& config, std::string_view rid) {
    if (rid.empty()) return config.encoding_count == 1 ? 0 : -1;
    for (int i = 0; i < config.encoding_count; ++i)
        if (rid_of(config.encodings[static_cast<std::size_t>(i)]) == rid) return i;
    return -1;
}

// True for a media packet that names the track by its rid, or by its mid where it has no rids.
bool is_named(const PublishedTrack& track, std::span<const std::uint8_t> packet) {
    const std::uint8_t payload_type = packet[1] & 0x7f;
    const auto role = track.parser->payload_types[payload_type].role;
    if (role != relay::PayloadRole::media && role != relay::PayloadRole::red) return false;
    relay::PacketInfo info;
    if (relay::parse_header(packet, track.parser->extensions, info) != relay::ParseError::none)
        return false;
    const std::string_view mid = text_of(packet, info.find(relay::ExtensionKind::mid));
    const std::string_view rid = text_of(packet, info.find(relay::ExtensionKind::rid));
    if (!mid.empty() && !track.mid.empty() && mid != track.mid) return false;
    if (rid.empty() && (mid.empty() || mid != track.mid)) return false;
    const int encoding = find_encoding(track.track->config(), rid);
    return encoding >= 0 && track.encodings[static_cast<std::size_t>(encoding)].ssrc == 0;
}

}  // namespace

// A peer whose address was given may send to any of the port's: its first packet says to which, and
// what it receives comes from there.
Transport* Worker::find_at_other_address(const FlowKey& arrived, std::uint8_t port,
                                         relay::TimeUs now) {
    const net::OwnAddresses& own = ports_[port]->addresses();
    const net::Prefix* usual = own.all().size() > 1 ? own.towards(arrived.remote) : nullptr;
    if (usual == nullptr || usual->address == arrived.local) return nullptr;
    FlowKey expected = arrived;
    expected.local = usual->address;
    Transport* transport = find_transport(expected);
    // What is encrypted can't be authenticated here.
    if (!transport || transport->ice || transport->secure || transport->packets != 0)
        return nullptr;
    set_flow(*transport, arrived, now);
    return transport;
}

// A packet from a tuple nobody knows: it fixes the address of a transport that waits for one, if it
// is a valid RTP packet with an SSRC announced there, or with a rid or mid that only one of those
// that wait has announced.
Transport* Worker::latch(rte_mbuf& packet, std::uint8_t port, RxDrop& reason, relay::TimeUs now) {
    const auto bytes = bytes_of(packet);
    if (bytes.size() < relay::kRtpHeaderSize) return nullptr;
    if (Transport* known = find_at_other_address(meta(&packet).flow, port, now)) return known;
    const std::uint32_t ssrc = relay::load_be32(&bytes[8]);
    const PublishedTrack* track = nullptr;
    if (const StreamRef* waiting = streams_.find(stream_key(kLatchIndex, ssrc))) {
        std::uint8_t encoding = 0;
        track = find_media(*static_cast<Transport*>(waiting->object), ssrc, encoding);
    } else {
        track = find_waiting(bytes, port, reason);
    }
    relay::PacketInfo info;
    if (!track || track->transport->port != port || transports_.full() ||
        relay::parse_packet(bytes, *track->parser, info) != relay::ParseError::none)
        return nullptr;
    Transport& transport = *track->transport;
    transport.latched = true;
    set_flow(transport, meta(&packet).flow, now);
    count(WorkerCounter::transports_latched);
    Notice notice{.kind = Notice::Kind::transport_latched, .id = transport.id};
    notice.endpoint = transport.flow.remote_endpoint();
    tell(notice);
    return &transport;
}

// The track without SSRCs whose rid or mid stands in the packet, if they are of one transport
// alone.
const PublishedTrack* Worker::find_waiting(std::span<const std::uint8_t> packet, std::uint8_t port,
                                           RxDrop& reason) const {
    const PublishedTrack* found = nullptr;
    for (const PublishedTrack* track : waiting_by_name_) {
        if (track->transport->port != port || !is_named(*track, packet)) continue;
        if (found && found->transport != track->transport) {
            reason = RxDrop::unlatched;
            return nullptr;
        }
        found = track;
    }
    return found;
}

// B8: rid and mid stand in the first packets only.
StreamRef* Worker::learn(Transport& transport, std::span<const std::uint8_t> packet,
                         std::uint32_t ssrc, relay::TimeUs now) {
    for (std::size_t i = 0; i < transport.track_count; ++i)
        if (learn_in(*transport.tracks[i], packet, ssrc, now))
            return streams_.find(stream_key(transport.index, ssrc));
    return nullptr;
}

bool Worker::learn_in(PublishedTrack& track, std::span<const std::uint8_t> packet,
                      std::uint32_t ssrc, relay::TimeUs now) {
    relay::PacketInfo info;
    if (relay::parse_header(packet, track.parser->extensions, info) != relay::ParseError::none)
        return false;
    const relay::PayloadRole role = track.parser->payload_types[info.payload_type].role;
    if (role == relay::PayloadRole::unknown) return false;
    const std::string_view mid = text_of(packet, info.find(relay::ExtensionKind::mid));
    const std::string_view rid = text_of(packet, info.find(relay::ExtensionKind::rid));
    const std::string_view repaired =
        text_of(packet, info.find(relay::ExtensionKind::repaired_rid));
    if (!track.mid.empty() && !mid.empty() && mid != track.mid) return false;
    // Without any name in the packet the payload type alone has to say which track it is.
    if (mid.empty() && rid.empty() && repaired.empty())
        for (std::size_t i = 0; i < track.transport->track_count; ++i)
            if (const PublishedTrack* other = track.transport->tracks[i];
                other != &track &&
                other->parser->payload_types[info.payload_type].role != relay::PayloadRole::unknown)
                return false;
    const bool rtx = role == relay::PayloadRole::rtx || !repaired.empty();
    const int encoding =
        find_encoding(track.track->config(), rtx && !repaired.empty() ? repaired : rid);
    return encoding >= 0 && take_ssrc(track, static_cast<std::uint8_t>(encoding), ssrc, rtx, now);
}

bool Worker::take_ssrc(PublishedTrack& track, std::uint8_t encoding, std::uint32_t ssrc, bool rtx,
                       relay::TimeUs now) {
    InboundEncoding& inbound = track.encodings[encoding];
    const relay::EncodingConfig& fixed = track.track->config().encodings[encoding];
    std::uint32_t& known = rtx ? inbound.rtx_ssrc : inbound.ssrc;
    const bool locked = rtx ? fixed.rtx_ssrc.has_value() : fixed.ssrc.has_value();
    const bool silent = now - inbound.last_packet_us >= kReplaceAfterUs;
    if (known != 0 && (locked || !silent)) {
        count(WorkerCounter::ssrcs_refused);
        return false;
    }
    const std::uint32_t index = track.transport->index;
    if (known != 0) streams_.erase(stream_key(index, known));
    const auto kind = rtx ? StreamRef::Kind::rtx : StreamRef::Kind::media;
    if (!streams_.insert(stream_key(index, ssrc), {kind, encoding, &track})) {
        known = 0;
        count(WorkerCounter::ssrcs_refused);
        return false;
    }
    known = ssrc;
    if (!rtx) {
        inbound.other_packets = inbound.packets();
        inbound.reception = relay::ReceptionStatistics(track.track->config().clock_rate_hz);
    }
    count(WorkerCounter::ssrcs_learned);
    Notice notice{.kind = Notice::Kind::ssrc_learned, .id = track.id};
    notice.ssrc = ssrc;
    notice.encoding = encoding;
    notice.rtx = rtx;
    tell(notice);
    return true;
}

// From now on `transport` is at `flow`.
void Worker::set_flow(Transport& transport, const FlowKey& flow, relay::TimeUs now) {
    forget_flow(transport);
    if (!transports_.insert(flow, transport)) {
        count(WorkerCounter::ssrcs_refused);
        return;
    }
    transport.flow = flow;
    transport.has_address = true;
    transport.has_link = make_link(transport, transport.port, flow, transport.link);
    note_route(transport);
    attach_all(transport, now);
}

bool Worker::make_link(const Transport& transport, std::uint8_t port, const FlowKey& flow,
                       Link& link) {
    if (ports_[port]->make_link(flow, link) == LinkState::refused) return false;
    fan_outs_[port]->limit_link(link,
                                ports_[port]->max_datagram_bytes(flow.remote, transport.mtu_bytes));
    link[kLinkPortByte] = std::byte{port};
    return true;
}

void Worker::forget_flow(Transport& transport) {
    if (!transport.has_address) {
        for (std::size_t i = 0; i < transport.track_count; ++i)
            hide_from_latching(*transport.tracks[i]);
        return;
    }
    transports_.erase(transport.flow);
    if (transport.has_link) ports_[transport.port]->release_link(transport.link);
    transport.has_address = false;
    transport.has_link = false;
    note_route(transport);
}

// What a transport without an address may be recognised by: SSRCs, or the names of encodings that
// have none yet.
void Worker::offer_for_latching(PublishedTrack& track) {
    bool named = false;
    for (std::uint8_t i = 0; i < track.encoding_count; ++i) {
        const std::uint32_t ssrc = track.encodings[i].ssrc;
        named = named || (ssrc == 0 && (!track.mid.empty() ||
                                        !rid_of(track.track->config().encodings[i]).empty()));
        if (ssrc != 0 && !streams_.insert(stream_key(kLatchIndex, ssrc),
                                          {StreamRef::Kind::latch, 0, track.transport}))
            count(WorkerCounter::ssrcs_refused);
    }
    if (!named) return;
    if (waiting_by_name_.size() < config_.max_waiting_by_name)
        waiting_by_name_.push_back(&track);
    else
        count(WorkerCounter::ssrcs_refused);
}

void Worker::hide_from_latching(PublishedTrack& track) {
    for (const InboundEncoding& encoding : track.encodings) {
        const std::uint64_t key = stream_key(kLatchIndex, encoding.ssrc);
        const StreamRef* waiting = streams_.find(key);
        if (waiting && waiting->object == track.transport) streams_.erase(key);
    }
    std::erase(waiting_by_name_, &track);
}

void Worker::attach_all(Transport& transport, relay::TimeUs now) {
    for (Subscription* s = transport.subscriptions; s; s = s->next) attach(*s, now);
}

// What it is to be sent now, of all that control wants for it.
relay::LayerTarget Worker::target_of(const Subscription& subscription) {
    relay::LayerTarget target = subscription.config.target;
    const IceTransport* ice = subscription.transport->ice.get();
    if (!ice) return target;
    if (ice->muted) target.paused = true;
    if (ice->selected == relay::kNoIceTuple || subscription.track->audio) return target;
    return lowered_target(target, ice->tuples[ice->selected].uppermost);
}

void Worker::retarget(Subscription& subscription, relay::TimeUs now) {
    if (!subscription.attached) return;
    subscription.track->track->set_target(subscription.handle, target_of(subscription), now);
    send_key_frame_requests(*subscription.track, now);
}

// Makes the track forward to the receiver, or tells it the receiver's new address.
void Worker::attach(Subscription& subscription, relay::TimeUs now) {
    const Transport& transport = *subscription.transport;
    relay::Track& track = *subscription.track->track;
    if (!transport.has_link || (transport.secure && !subscription.stream->leg.keys))
        return detach(subscription);
    subscription.config.link = transport.link;
    const auto leg =
        static_cast<std::uint8_t>(transport.port | (transport.secure ? kSecureLeg : 0));
    if (subscription.config.profile.leg != leg) {
        // Another port: other receivers share its packets from now on.
        detach(subscription);
        subscription.config.profile.leg = leg;
    }
    if (subscription.attached) return (void)track.set_link(subscription.handle, transport.link);
    OutgoingStream& stream = *subscription.stream;
    if (transport.secure) {
        subscription.config.seal = &stream.leg;
        // C25: a number that was used under these keys isn't used again.
        const relay::OutboundStream& used = stream.leg.stream;
        if (used.started() &&
            relay::nearest_index(used.highest(), stream.last.next_sequence) <= used.highest())
            stream.last.next_sequence = static_cast<std::uint16_t>(used.highest() + 1);
    }
    subscription.config.resume = stream.last;
    subscription.config.first_sequence = stream.last.next_sequence;
    relay::ReceiverConfig config = subscription.config;
    config.target = target_of(subscription);
    subscription.attached = track.add_receiver(subscription.handle, config, now);
    note_audience(track.receiver_count(), now);
    send_key_frame_requests(*subscription.track, now);
}

// Its stream goes on from there when it is attached again, or another one is.
void Worker::detach(Subscription& subscription) {
    if (!subscription.attached) return;
    relay::Track& track = *subscription.track->track;
    subscription.stream->last = *track.continuation(subscription.handle);
    track.remove_receiver(subscription.handle);
    subscription.attached = false;
}

}  // namespace strata::dataplane
