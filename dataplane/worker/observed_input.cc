#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "dataplane/worker/observation_point.h"
#include "dataplane/worker/packet_bytes.h"
#include "relay/recovery/rtx.h"
#include "relay/rtp/byte_order.h"
#include "relay/srtp/framing.h"

// What comes in, for captures and traces. Nothing here runs for a packet that nobody looks at.
namespace strata::dataplane {

using api::Fate;
using api::ObservedFate;
using api::RxDrop;
using api::WorkerCounter;
using relay::PacketClass;

static_assert(static_cast<int>(PacketClass::rtcp) == static_cast<int>(api::ObservedClass::rtcp));

std::uint32_t ObservationPoint::Observed::ssrc() const {
    const bool rtp = kind == PacketClass::rtp && bytes.size() >= relay::kRtpHeaderSize;
    return rtp ? relay::load_be32(&bytes[8]) : 0;
}

std::size_t ObservationPoint::Observed::header_bytes() const {
    constexpr std::size_t kUnknownBytes = 64;
    if (kind == PacketClass::rtcp || kind == PacketClass::stun) return bytes.size();
    if (kind != PacketClass::rtp) return std::min(bytes.size(), kUnknownBytes);
    if (head_bytes != 0) return head_bytes;
    if (!parsed) return relay::rtp_clear_size(bytes).value_or(relay::kRtpHeaderSize);
    return std::size_t{parsed->payload_offset} + parsed->descriptor_size +
           (retransmitted ? relay::kOsnSize : 0);
}

std::uint8_t ObservationPoint::wanted(const Observed& seen) {
    const unsigned marks =
        (seen.transport ? seen.transport->marks : 0u) | (seen.track ? seen.track->marks : 0u);
    return observer_->sample_in((marks | observer_->anyone()) & observer_->in());
}

bool ObservationPoint::begin(rte_mbuf& packet, const Arrival& arrival, Transport* transport,
                             const StreamRef& stream) {
    Observed& seen = seen_;
    seen = {.bytes = bytes_of(packet),
            .flow = &meta(&packet).flow,
            .transport = transport,
            .port = arrival.port};
    find_observed(seen, stream);
    // Whose a stranger's packet is may be known only afterwards.
    bits_ = !stream.object && transport ? wanted(seen) : arrival.observers;
    if (bits_ == 0) return false;
    // Where it may be changed.
    if (!stream.object) seen.bytes = observer_->keep(seen.bytes);
    seen.kind = relay::classify(seen.bytes);
    counted_before_ = input_counters();
    worker_.dropped = RxDrop::kCount;
    worker_.outputs.count = 0;
    worker_.parsed.payload_offset = 0;
    tracing_ = (bits_ & observer_->traces()) != 0;
    traced_count_ = 0;
    return true;
}

void ObservationPoint::end(Transport* transport, const StreamRef& stream, relay::TimeUs now) {
    Observed& seen = seen_;
    tracing_ = false;
    const Fate fate = fate_since(counted_before_);
    if (!transport) {
        seen.transport = worker_.transports.find(*seen.flow);
        find_observed(seen, stream);
        bits_ = wanted(seen);
    }
    const RxDrop dropped = worker_.dropped;
    const bool parsed = seen.kind == PacketClass::rtp && worker_.parsed.payload_offset != 0 &&
                        dropped != RxDrop::malformed_rtp &&
                        dropped != RxDrop::malformed_descriptor &&
                        dropped != RxDrop::unknown_payload_type;
    if (parsed) seen.parsed = &worker_.parsed;
    record_input(seen, bits_, fate, now);
}

void ObservationPoint::on_passed(std::span<rte_mbuf* const> packets, const Train& train,
                                 const Burst& burst, std::uint32_t& until) {
    const auto& track = *static_cast<const PublishedTrack*>(train.stream.object);
    std::size_t i = 0;
    while (packets.size() - i >= until) {
        i += until;
        until = 1;
        const std::uint8_t bits = observer_->sample_in(observers_of(track));
        if (bits == 0) continue;
        const rte_mbuf& packet = *packets[i - 1];
        record_input(
            {.bytes = bytes_of(packet),
             .flow = &meta(packets[i - 1]).flow,
             .transport = train.transport,
             .track = &track,
             .encoding = train.stream.encoding,
             .port = burst.port,
             .kind = PacketClass::rtp,
             .head_bytes = train.inbound->rest.head_bytes()},
            bits,
            {.fate = ObservedFate::dropped, .reason = static_cast<std::uint8_t>(worker_.dropped)},
            burst.now);
    }
    until -= static_cast<std::uint32_t>(packets.size() - i);
}

// Of which track it is, as far as is known.
void ObservationPoint::find_observed(Observed& seen, const StreamRef& stream) {
    const StreamRef* found = &stream;
    if (!stream.object) {
        if (!seen.transport || relay::classify(seen.bytes) != PacketClass::rtp ||
            seen.bytes.size() < relay::kRtpHeaderSize)
            return;
        const std::uint32_t ssrc = relay::load_be32(&seen.bytes[8]);
        found = worker_.streams.find(stream_key(seen.transport->index, ssrc));
        if (!found ||
            (found->kind != StreamRef::Kind::media && found->kind != StreamRef::Kind::rtx))
            return;
    }
    seen.track = static_cast<const PublishedTrack*>(found->object);
    seen.encoding = found->encoding;
    seen.retransmitted = found->kind == StreamRef::Kind::rtx;
}

// Each input adds to exactly one of them, or is dropped.
std::array<std::uint64_t, 3> ObservationPoint::input_counters() const {
    return {worker_.statistics[WorkerCounter::fanned_out].get(),
            worker_.statistics[WorkerCounter::consumed].get(),
            worker_.statistics[WorkerCounter::punted].get()};
}

Fate ObservationPoint::fate_since(const std::array<std::uint64_t, 3>& before) const {
    const auto after = input_counters();
    if (after[0] != before[0]) {
        std::size_t receivers = 0;
        for (std::size_t i = 0; i < worker_.outputs.count; ++i)
            receivers += worker_.outputs.outputs[i].receivers.size();
        return {.fate = ObservedFate::forwarded, .count = static_cast<std::uint32_t>(receivers)};
    }
    if (after[1] != before[1]) return {.fate = ObservedFate::consumed};
    if (after[2] != before[2]) return {.fate = ObservedFate::punted};
    // To nobody here, but handed to other workers (handed_only).
    if (worker_.dropped == RxDrop::kCount) return {.fate = ObservedFate::forwarded};
    return {.fate = ObservedFate::dropped, .reason = static_cast<std::uint8_t>(worker_.dropped)};
}

void ObservationPoint::fill_head(const Observed& seen, const Fate& fate, relay::TimeUs now) {
    api::ObservedHead& head = observer_->head();
    head = {};
    head.packet_class = static_cast<api::ObservedClass>(seen.kind);
    head.at_us = now;
    head.fate = fate;
    head.transport = seen.transport ? seen.transport->id : 0;
    head.track = seen.track ? seen.track->id : 0;
    head.remote = seen.flow->remote.bytes;
    head.local = seen.flow->local.bytes;
    head.remote_port = seen.flow->remote_port;
    head.local_port = seen.flow->local_port;
    head.ssrc = seen.ssrc();
    head.wire_bytes = static_cast<std::uint16_t>(seen.bytes.size());
    head.port = seen.port;
    head.encoding = seen.encoding;
    head.secure = seen.transport && seen.transport->secure;
    head.retransmitted = seen.retransmitted;
}

void ObservationPoint::record_input(const Observed& seen, std::uint8_t bits, const Fate& fate,
                                    relay::TimeUs now) {
    for (unsigned left = bits; left != 0; left &= left - 1) {
        const auto slot = static_cast<std::uint8_t>(std::countr_zero(left));
        if (!observer_->wants(slot, fate)) continue;
        fill_head(seen, fate, now);
        api::ObservedHead& head = observer_->head();
        std::uint64_t position = 0;
        if (observer_->at(slot).trace) {
            head.kind = api::ObservedKind::trace;
            if (!observer_->write(slot, write_traced(seen, fate), now, position)) continue;
            const std::size_t groups =
                reinterpret_cast<api::TracedPacket*>(observer_->tail())->groups;
            std::uint64_t at =
                position + (sizeof head + sizeof(api::TracedPacket) +
                            groups * sizeof(api::TracedGroup) + offsetof(api::TracedOutput, sent)) /
                               8;
            for (std::size_t i = 0; i < traced_count_; ++i, at += sizeof(api::TracedOutput) / 8) {
                traced_pending_[i].position = at;
                if (traced_pending_[i].packets != 0) observer_->await(traced_pending_[i]);
            }
            continue;
        }
        const std::size_t n =
            observer_->captured_bytes(slot, seen.header_bytes(), seen.bytes.size());
        head.captured_bytes = static_cast<std::uint16_t>(n);
        std::memcpy(observer_->tail(), seen.bytes.data(), n);
        observer_->write(slot, n, now, position);
    }
}

namespace {

api::TracedPacket traced(const relay::PacketInfo& info) {
    api::TracedPacket to;
    to.parsed = true;
    to.codec = static_cast<std::uint8_t>(info.codec);
    to.payload_type = info.payload_type;
    to.marker = info.marker;
    to.key_frame = info.key_frame;
    to.starts_frame = info.starts_frame;
    to.ends_frame = info.ends_frame;
    to.spatial = info.spatial_id;
    to.temporal = info.temporal_id;
    to.padding_bytes = info.padding_size;
    to.extensions = info.extension_count;
    to.has_descriptor = info.find(relay::ExtensionKind::dependency_descriptor) != nullptr;
    to.sequence = info.sequence.value;
    to.header_bytes = info.payload_offset;
    to.descriptor_bytes = info.descriptor_size;
    to.payload_bytes = info.payload_size;
    to.timestamp = info.timestamp.value;
    if (info.codec == relay::Codec::vp8) to.picture_id = info.vp8.picture_id;
    if (info.codec == relay::Codec::vp9) to.picture_id = info.vp9.picture_id;
    return to;
}

api::TracedGroup traced(const relay::Track::GroupView& view) {
    return {.encoding = view.layer.encoding,
            .spatial = view.layer.spatial,
            .temporal = view.layer.temporal,
            .action = static_cast<api::TracedAction>(view.action),
            .ends_picture = view.ends_picture,
            .number = view.number,
            .members = view.members};
}

// Whether the packet came as far as being put before the groups.
bool was_decided(const Fate& fate) {
    if (fate.fate == ObservedFate::forwarded) return true;
    if (fate.fate != ObservedFate::dropped) return false;
    const auto reason = static_cast<RxDrop>(fate.reason);
    return reason == RxDrop::no_receiver || reason == RxDrop::layer_not_wanted ||
           reason == RxDrop::waiting_for_key || reason == RxDrop::padding_only;
}

}  // namespace

std::size_t ObservationPoint::write_traced(const Observed& seen, const Fate& fate) {
    std::array<relay::Track::GroupView, api::kMaxTracedGroups> views;
    std::size_t groups = 0;
    if (seen.track && was_decided(fate))
        groups = seen.track->track->describe_groups(seen.encoding, views);
    const std::size_t shown = std::min(groups, views.size());
    api::TracedPacket packet = seen.parsed ? traced(*seen.parsed) : api::TracedPacket{};
    packet.groups = static_cast<std::uint8_t>(shown);
    packet.more_groups = static_cast<std::uint8_t>(std::min<std::size_t>(groups - shown, 255));
    packet.outputs = static_cast<std::uint8_t>(traced_count_);
    packet.more_outputs = static_cast<std::uint8_t>(std::min<std::size_t>(
        worker_.outputs.count > traced_count_ ? worker_.outputs.count - traced_count_ : 0, 255));
    std::uint8_t* at = observer_->tail();
    const auto put = [&at](const auto& part) {
        std::memcpy(at, &part, sizeof part);
        at += sizeof part;
    };
    put(packet);
    for (std::size_t i = 0; i < shown; ++i) put(traced(views[i]));
    for (std::size_t i = 0; i < traced_count_; ++i) put(traced_outputs_[i]);
    return static_cast<std::size_t>(at - observer_->tail());
}

void ObservationPoint::on_refused(rte_mbuf& packet, Transport& transport, RxDrop reason) {
    const PacketMeta& about = meta(&packet);
    Observed seen{.bytes = bytes_of(packet),
                  .flow = &about.flow,
                  .transport = &transport,
                  .port = static_cast<std::uint8_t>(about.port_index)};
    seen.kind = relay::classify(seen.bytes);
    find_observed(seen, {});
    const unsigned marks = transport.marks | (seen.track ? seen.track->marks : 0u);
    const auto bits = static_cast<std::uint8_t>((marks | observer_->anyone()) & observer_->in());
    traced_count_ = worker_.outputs.count = 0;
    record_input(seen, observer_->sample_in(bits),
                 {.fate = ObservedFate::dropped, .reason = static_cast<std::uint8_t>(reason)},
                 about.received_us);
}

void ObservationPoint::finish() {
    observer_->finish();
    worker_.statistics[WorkerCounter::observed].set(observer_->records());
}

Observer* ObservationPoint::replace(Observer* observer, relay::TimeUs now) {
    if (observer_) finish();
    if (observer) {
        if (observer_) observer->continue_from(*observer_);
        observer->begin(now);
    }
    return std::exchange(observer_, observer);
}

}  // namespace strata::dataplane
