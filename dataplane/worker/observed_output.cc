#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/worker/observation_point.h"
#include "relay/rewrite/header_template.h"

// What goes out, for captures and traces: receivers that somebody looks at are sent their packets
// one by one, so that what became of each is known.
namespace strata::dataplane {

using api::Fate;
using api::ObservedFate;
using api::TxDrop;

namespace {

// How many outputs ended in each way, so far.
struct Tally {
    explicit Tally(const FanOut& fan_out)
        : values{fan_out.counters().too_large,
                 fan_out.counters().no_header_mbuf,
                 fan_out.counters().no_payload_mbuf,
                 fan_out.counters().unkeyed,
                 fan_out.counters().index_used,
                 fan_out.queue().counters().full[0] + fan_out.queue().counters().full[1] +
                     fan_out.queue().counters().full[2],
                 fan_out.queue().counters().unresolved,
                 of(fan_out, PortCounter::hold_dropped),
                 of(fan_out, PortCounter::hold_too_large),
                 of(fan_out, PortCounter::hold_no_route),
                 of(fan_out, PortCounter::hold_sent),
                 fan_out.queue().counters().held},
          newest_held(fan_out.queue().port().newest_held(fan_out.queue().queue())),
          refused(fan_out.queue().counters().errors) {}
    static std::uint64_t of(const FanOut& fan_out, PortCounter counter) {
        return fan_out.queue().port().counters(fan_out.queue().queue())[counter];
    }
    static constexpr std::array kReasons{
        TxDrop::too_large,  TxDrop::no_header_mbuf, TxDrop::no_payload_mbuf, TxDrop::unkeyed,
        TxDrop::index_used, TxDrop::tx_full,        TxDrop::unresolved,      TxDrop::unresolved,
        TxDrop::path_mtu,   TxDrop::no_route};
    // Those from kOfHeld on were given to the port to hold, which dealt with them at once.
    static constexpr std::size_t kOfHeld = 7, kHoldSent = kReasons.size(), kHeld = kHoldSent + 1;
    std::array<std::uint64_t, kHeld + 1> values;
    std::uint32_t newest_held;
    std::uint64_t refused;
};

// Of those since `before`.
struct Ended {
    std::uint32_t dropped = 0, held = 0, hold_sent = 0;
    std::uint8_t reason = 0;
    std::uint32_t newest_held = 0;

    Fate of_one() const {
        if (dropped != 0) return {.fate = ObservedFate::tx_dropped, .reason = reason};
        if (held != 0) return {.fate = ObservedFate::held};
        return {.fate = hold_sent != 0 ? ObservedFate::sent : ObservedFate::queued};
    }
};

Ended ended_since(const Tally& before, const FanOut& fan_out) {
    const Tally after(fan_out);
    const auto added = [&](std::size_t i) {
        return static_cast<std::uint32_t>(after.values[i] - before.values[i]);
    };
    Ended ended;
    ended.hold_sent = added(Tally::kHoldSent);
    ended.held = added(Tally::kHeld) - ended.hold_sent;
    for (std::size_t i = 0; i < Tally::kReasons.size(); ++i) {
        const std::uint32_t n = added(i);
        if (n != 0) ended.reason = static_cast<std::uint8_t>(Tally::kReasons[i]);
        ended.dropped += n;
        if (i >= Tally::kOfHeld) ended.held -= n;
    }
    ended.newest_held = after.newest_held;
    return ended;
}

// How many packets will have left the queue when the newest one in it has.
std::uint32_t newest_of(const TxQueue& queue) { return queue.left() + queue.queued(); }

// The header that `slot` will be sent, with the hop's next numbers. Returns its size.
std::size_t copy_header(const relay::Output& output, const relay::ReceiverSlot& slot,
                        std::uint8_t* to) {
    relay::write_header(output.header, slot.offsets, to);
    if (output.header.stamped) {
        relay::HopStamp stamp = slot.stamp;
        std::uint16_t next = stamp.transport_sequence ? *stamp.transport_sequence : 0;
        stamp.transport_sequence = &next;
        relay::stamp_header(output.header, stamp, to);
    }
    return output.header.size;
}

}  // namespace

void ObservationPoint::send(const PublishedTrack& track, rte_mbuf& packet, std::uint8_t bits,
                            const Sending& how) {
    const std::span outputs(worker_.outputs.outputs.data(), worker_.outputs.count);
    std::span<const Watched> watched = find_watched(track, bits);
    clear_until_ = worker_.parsed.payload_offset == 0 ? 0
                                                      : std::size_t{worker_.parsed.payload_offset} +
                                                            worker_.parsed.descriptor_size;
    if (&packet == worker_.blank) clear_until_ = 0;
    const bool whole = outputs.size() == 1 && watched.empty();
    const Sending part{how.tx_class, whole ? how.input : FanOut::Input::kept, how.now};
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        std::size_t n = 0;
        while (n < watched.size() && watched[n].output == i) ++n;
        FanOut& fan_out = *worker_.fan_outs[port_of(outputs[i].receivers.front())];
        if (tracing_) fan_out.seal(how.now);
        const Tally before(fan_out);
        send_parts(packet, outputs[i], watched.first(n), bits, part);
        watched = watched.subspan(n);
        if (!tracing_ || traced_count_ == traced_outputs_.size()) continue;
        fan_out.seal(how.now);
        const Ended ended = ended_since(before, fan_out);
        trace_output(outputs[i], {ended.dropped, ended.held, ended.reason});
    }
}

// Those of `watched` alone, everybody else as usual.
void ObservationPoint::send_parts(rte_mbuf& packet, relay::Output& output,
                                  std::span<const Watched> watched, std::uint8_t bits,
                                  const Sending& how) {
    const std::span<relay::ReceiverSlot> all = output.receivers;
    const auto send = [&](std::size_t begin, std::size_t end) {
        if (begin == end) return;
        output.receivers = all.subspan(begin, end - begin);
        send_all(worker_.fan_outs, {&output, 1}, packet, how);
    };
    std::size_t from = 0;
    for (const Watched& one : watched) {
        const auto at = static_cast<std::size_t>(one.slot - all.data());
        send(from, at);
        output.receivers = all.subspan(at, 1);
        send_one_watched(packet, output, one, bits, how);
        from = at + 1;
    }
    send(from, all.size());
    output.receivers = all;
}

// In the order of their slots, at most kMaxWatched.
std::span<ObservationPoint::Watched> ObservationPoint::find_watched(const PublishedTrack& track,
                                                                    std::uint8_t bits) {
    std::size_t count = 0;
    const auto look_in = [&](std::size_t i, const Subscription& s,
                             const relay::ReceiverSlot* slot) {
        const std::span<relay::ReceiverSlot> receivers = worker_.outputs.outputs[i].receivers;
        if (slot >= receivers.data() && slot < receivers.data() + receivers.size()) {
            watched_[count++] = {i, receivers.data() + (slot - receivers.data()), &s};
            return true;
        }
        // Late packets go to copies of slots.
        if (receivers.size() > kMaxWatched) return false;
        for (relay::ReceiverSlot& copy : receivers)
            if (copy.handle == s.handle) return watched_[count++] = {i, &copy, &s}, true;
        return false;
    };
    for (const Subscription* s = bits != 0 ? track.watched : nullptr; s; s = s->next_watched) {
        if ((s->marks & bits) == 0) continue;
        const relay::ReceiverSlot* slot = track.track->find_slot(s->handle);
        for (std::size_t i = 0; slot && i < worker_.outputs.count && count < watched_.size(); ++i)
            if (look_in(i, *s, slot)) break;
    }
    const std::span found = std::span(watched_).first(count);
    std::ranges::sort(found, [](const Watched& a, const Watched& b) {
        return a.output != b.output ? a.output < b.output : a.slot < b.slot;
    });
    return found;
}

// `output` goes to this receiver alone.
void ObservationPoint::send_one_watched(rte_mbuf& packet, const relay::Output& output,
                                        const Watched& watched, std::uint8_t bits,
                                        const Sending& how) {
    const Subscription& subscription = *watched.subscription;
    FanOut& fan_out = *worker_.fan_outs[port_of(*watched.slot)];
    std::array<std::uint8_t, relay::HeaderTemplate::kMaxSize> header;
    const std::size_t header_bytes = copy_header(output, *watched.slot, header.data());
    if (watched.slot->seal) fan_out.seal(how.now);
    const Tally before(fan_out);
    fan_out.send(packet, {&output, 1}, how.tx_class, how.now);
    if (watched.slot->seal) fan_out.seal(how.now);
    const Ended ended = ended_since(before, fan_out);

    const Fate fate = ended.of_one();
    const std::size_t clear =
        clear_until_ > output.payload_offset
            ? std::min<std::size_t>(clear_until_ - output.payload_offset, output.payload_size)
            : 0;
    const auto* payload =
        rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, output.payload_offset);
    for (unsigned left = subscription.marks & bits; left != 0; left &= left - 1) {
        const auto slot = static_cast<std::uint8_t>(std::countr_zero(left));
        const bool later = observer_->follows(slot, fate);
        if (!later && !observer_->wants(slot, fate)) continue;
        api::ObservedHead& head = observer_->head();
        head = {};
        fill_out_head(head, *subscription.transport, fate, how.now);
        head.packet_class = api::ObservedClass::rtp;
        head.track = subscription.track->id;
        head.subscription = subscription.id;
        head.ssrc = watched.slot->offsets.ssrc;
        head.retransmitted = head.ssrc != subscription.config.ssrc;
        const std::size_t wire = header_bytes + output.payload_size;
        head.wire_bytes = static_cast<std::uint16_t>(wire);
        const std::size_t n = observer_->captured_bytes(slot, header_bytes + clear, wire);
        head.captured_bytes = static_cast<std::uint16_t>(n);
        const std::size_t from_header = std::min(n, header_bytes);
        std::memcpy(observer_->tail(), header.data(), from_header);
        std::memcpy(observer_->tail() + from_header, payload, n - from_header);
        if (later) {
            const bool held = fate.fate == ObservedFate::held;
            observer_->follow(
                slot, n,
                {&fan_out.queue(), held, held ? ended.newest_held : newest_of(fan_out.queue())});
            continue;
        }
        std::uint64_t position = 0;
        if (!observer_->write(slot, n, how.now, position)) continue;
        if (fate.fate != ObservedFate::queued) continue;
        observer_->await({.position = position + offsetof(api::ObservedHead, fate) / 8,
                          .queue = &fan_out.queue(),
                          .mark = newest_of(fan_out.queue()),
                          .refused = before.refused});
    }
}

// A packet that is sent again.
void ObservationPoint::send_again(const Subscription& subscription, rte_mbuf& packet,
                                  relay::Output& output, const Sending& how) {
    const std::uint8_t bits =
        observer_ ? observer_->sample_out(subscription.marks & observer_->out()) : 0;
    if (bits == 0) return send_all(worker_.fan_outs, {&output, 1}, packet, how);
    clear_until_ = 0;
    send_one_watched(packet, output, {0, &output.receivers.front(), &subscription}, bits, how);
}

void ObservationPoint::trace_output(const relay::Output& output, const TracedEnd& end) {
    api::TracedOutput& to = traced_outputs_[traced_count_];
    const relay::ReceiverSlot& first = output.receivers.front();
    const TxQueue& queue = worker_.fan_outs[port_of(first)]->queue();
    const auto receivers = static_cast<std::uint32_t>(output.receivers.size());
    to = {};
    to.receivers = receivers;
    to.ssrc = first.offsets.ssrc;
    to.sequence = static_cast<std::uint16_t>(output.header.sequence + first.offsets.sequence);
    to.header_bytes = output.header.size;
    to.payload_bytes = output.payload_size;
    to.port = static_cast<std::uint8_t>(port_of(first));
    to.encrypted = first.seal != nullptr;
    to.empty = output.padding != 0;
    to.reason = end.reason;
    to.dropped = end.dropped;
    to.held = end.held;
    traced_pending_[traced_count_++] = {
        .queue = &queue,
        .mark = newest_of(queue),
        .packets = receivers - std::min(receivers, end.dropped + end.held),
        .refused = 0,
        .in_trace = true};
}

// Before it is sent: a report is small and first in line, and its own counters tell of those lost.
void ObservationPoint::on_rtcp(const Transport& transport, std::span<const std::uint8_t> compound,
                               relay::TimeUs now) {
    if (!observer_) return;
    const auto bits = observer_->sample_out(transport.marks & observer_->out());
    const Fate fate{.fate = ObservedFate::made};
    for (unsigned left = bits; left != 0; left &= left - 1) {
        const auto slot = static_cast<std::uint8_t>(std::countr_zero(left));
        if (!observer_->wants(slot, fate)) continue;
        api::ObservedHead& head = observer_->head();
        head = {};
        fill_out_head(head, transport, fate, now);
        head.packet_class = api::ObservedClass::rtcp;
        head.wire_bytes = static_cast<std::uint16_t>(compound.size());
        const std::size_t n = observer_->captured_bytes(slot, compound.size(), compound.size());
        head.captured_bytes = static_cast<std::uint16_t>(n);
        std::memcpy(observer_->tail(), compound.data(), n);
        std::uint64_t position = 0;
        observer_->write(slot, n, now, position);
    }
}

void ObservationPoint::fill_out_head(api::ObservedHead& head, const Transport& transport,
                                     const Fate& fate, relay::TimeUs now) {
    head.direction = api::ObservedDirection::out;
    head.at_us = now;
    head.fate = fate;
    head.transport = transport.id;
    head.remote = transport.flow.remote.bytes;
    head.local = transport.flow.local.bytes;
    head.remote_port = transport.flow.remote_port;
    head.local_port = transport.flow.local_port;
    head.port = transport.port;
    head.secure = transport.secure;
}

}  // namespace strata::dataplane
