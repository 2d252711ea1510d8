#include <algorithm>

#include "dataplane/worker/marks.h"
#include "dataplane/worker/worker.h"
#include "dataplane/worker/worker_checkpoint.h"

namespace strata::dataplane {
namespace {

using api::WorkerCounter;

// Periodic work of different objects is spread over the period by their ids.
relay::TimeUs phase(std::uint64_t id, relay::TimeUs period) {
    const std::uint64_t mixed = id * 0x9e3779b97f4a7c15ULL >> 32;
    return static_cast<relay::TimeUs>(mixed % static_cast<std::uint64_t>(period));
}

void link_to_transport(Subscription& subscription) {
    Subscription** head = &subscription.transport->subscriptions;
    subscription.next = *head;
    if (*head) (*head)->link = &subscription.next;
    subscription.link = head;
    *head = &subscription;
}

void unlink_from_transport(Subscription& subscription) {
    *subscription.link = subscription.next;
    if (subscription.next) subscription.next->link = subscription.link;
    subscription.link = nullptr;
    subscription.next = nullptr;
}

}  // namespace

void Worker::run_commands(relay::TimeUs now, Turn& turn) {
    Command command;
    while (turn.commands < config_.commands_per_turn && !answers_.full() &&
           commands_.pop(command)) {
        begin_step(WorkStep::Kind::command, static_cast<std::size_t>(command.kind));
        apply(command, now);
        ++turn.commands;
    }
    if (turn.commands == 0) return;
    count(WorkerCounter::commands, turn.commands);
    applied_.store(applied_.load(std::memory_order_relaxed) + turn.commands,
                   std::memory_order_release);
}

void Worker::apply(const Command& command, relay::TimeUs now) {
    switch (command.kind) {
        case Command::Kind::add_transport: return add(*command.transport, now);
        case Command::Kind::remove_transport: return remove(*command.transport);
        case Command::Kind::set_address: return set_address(command, now);
        case Command::Kind::set_ice: return set_ice(command);
        case Command::Kind::set_security: return set_security(command, now);
        case Command::Kind::send_datagram: return send_datagram(command, now);
        case Command::Kind::add_track: return add(*command.track, now);
        case Command::Kind::remove_track: return remove(*command.track);
        case Command::Kind::open_branch: return open_branch(*command.track, command.place);
        case Command::Kind::close_branch: return close_branch(*command.track, command.place);
        case Command::Kind::replace_track: return replace(command);
        case Command::Kind::add_subscription: return add(*command.subscription, now);
        case Command::Kind::remove_subscription: return remove(*command.subscription, now);
        case Command::Kind::remove_stream: return remove(*command.transport, *command.stream);
        case Command::Kind::set_target:
            command.subscription->config.target = command.target;
            return retarget(*command.subscription, now);
        case Command::Kind::set_observer:
            answers_.push({.kind = Command::Kind::set_observer,
                           .observer = observed_.replace(command.observer, now)});
            return;
        case Command::Kind::set_marks: return set_marks(command);
    }
}

void Worker::add(Transport& transport, relay::TimeUs now) {
    if (transport.ice) {
        add_ice(transport, now);
    } else if (transport.has_address) {
        transport.has_address = false;
        set_flow(transport, transport.flow, now);
    }
    transport.report_timer.owner = &transport;
    transport.report_timer.kind = static_cast<std::uint8_t>(TimerKind::transport_report);
    timers_.arm(transport.report_timer, now + phase(transport.id, config_.receiver_report_us));
}

void Worker::remove(Transport& transport) {
    timers_.disarm(transport.report_timer);
    if (transport.ice)
        remove_ice(transport);
    else
        forget_flow(transport);
    answers_.push({.kind = Command::Kind::remove_transport, .transport = &transport});
}

void Worker::set_address(const Command& command, relay::TimeUs now) {
    Transport& transport = *command.transport;
    const Endpoint &remote = command.address, &local = command.local;
    if (transport.has_address && transport.flow.remote_endpoint() == remote) return;
    set_flow(transport, {remote.address, local.address, remote.port, local.port}, now);
}

void Worker::add(PublishedTrack& track, relay::TimeUs now) {
    for (InboundEncoding& encoding : track.encodings) encoding.history_stream = ++history_streams_;
    if (track.place.generation != 0) placed_[track.place.index] = &track;
    if (track.transport) publish_on(*track.transport, track, now);
    track.timer.owner = &track;
    track.timer.kind = static_cast<std::uint8_t>(TimerKind::track);
    timers_.arm(track.timer, now + phase(track.id, kTrackTimerUs));
}

// What arrives on the transport may be the track's from now on.
void Worker::publish_on(Transport& transport, PublishedTrack& track, relay::TimeUs now) {
    transport.tracks[transport.track_count++] = &track;
    for (std::uint8_t i = 0; i < track.encodings.size(); ++i) {
        const InboundEncoding& encoding = track.encodings[i];
        const auto take = [&](std::uint32_t ssrc, StreamRef::Kind kind) {
            if (ssrc != 0 && !streams_.insert(stream_key(transport.index, ssrc), {kind, i, &track}))
                count(WorkerCounter::ssrcs_refused);
        };
        take(encoding.ssrc, StreamRef::Kind::media);
        take(encoding.rtx_ssrc, StreamRef::Kind::rtx);
    }
    if (!transport.has_address && !transport.ice) offer_for_latching(track);
    sum_marks(track);
    expect_srtp(track);
    start_feedback(track, now);
}

void Worker::remove(PublishedTrack& track) {
    timers_.disarm(track.timer);
    if (track.place.generation != 0) placed_[track.place.index] = nullptr;
    if (track.transport) withdraw_from(*track.transport, track);
    answers_.push({.kind = Command::Kind::remove_track, .track = &track});
}

void Worker::withdraw_from(Transport& transport, PublishedTrack& track) {
    if (!transport.has_address && !transport.ice) hide_from_latching(track);
    unexpect_srtp(track);
    for (const InboundEncoding& encoding : track.encodings)
        for (const std::uint32_t ssrc : {encoding.ssrc, encoding.rtx_ssrc}) {
            const std::uint64_t key = stream_key(transport.index, ssrc);
            const StreamRef* stream = streams_.find(key);
            if (stream && stream->object == &track) streams_.erase(key);
        }
    const auto end = transport.tracks.begin() + transport.track_count;
    if (const auto at = std::find(transport.tracks.begin(), end, &track); at != end) {
        std::copy(at + 1, end, at);
        --transport.track_count;
    }
    stop_feedback(track);
}

void Worker::replace(const Command& command) {
    command.track->track->move_into(*command.relay_track);
    std::swap(*command.track->track, *command.relay_track);
    answers_.push({.kind = Command::Kind::replace_track,
                   .track = command.track,
                   .relay_track = command.relay_track});
}

// A subscription begins to send on it.
void Worker::use(Transport& transport, OutgoingStream& stream) {
    stream.in_use = true;
    if (stream.known) return;
    stream.known = true;
    stream.next = transport.outgoing;
    transport.outgoing = &stream;
    if (stream.resumed) count(WorkerCounter::streams_resumed);
    if (stream.refused) count(WorkerCounter::checkpoints_refused);
}

void Worker::give_up(OutgoingStream& stream) {
    stream.in_use = false;
    stream.leg.keys = nullptr;
}

void Worker::remove(Transport& transport, OutgoingStream& stream) {
    OutgoingStream** at = &transport.outgoing;
    while (*at && *at != &stream) at = &(*at)->next;
    if (*at) *at = stream.next;
    answers_.push({.kind = Command::Kind::remove_stream, .stream = &stream});
}

void Worker::add(Subscription& subscription, relay::TimeUs now) {
    link_to_transport(subscription);
    watch(subscription);
    if (!streams_.insert(stream_key(subscription.transport->index, subscription.config.ssrc),
                         {StreamRef::Kind::outgoing, 0, &subscription}))
        count(WorkerCounter::ssrcs_refused);
    use(*subscription.transport, *subscription.stream);
    start_repair(subscription);
    if (subscription.transport->secure) hand_keys(subscription);
    attach(subscription, now);
    subscription.timer.owner = &subscription;
    subscription.timer.kind = static_cast<std::uint8_t>(TimerKind::subscription_report);
    const relay::TimeUs first = phase(subscription.id, kStatisticsUs);
    timers_.arm(subscription.timer, now + first);
    subscription.next_report_us = now + phase(subscription.id, config_.sender_report_us);
}

void Worker::remove(Subscription& subscription, relay::TimeUs now) {
    detach(subscription);
    keep(subscription, now);
    timers_.disarm(subscription.timer);
    unlink_from_transport(subscription);
    unwatch(subscription);
    const std::uint64_t key = stream_key(subscription.transport->index, subscription.config.ssrc);
    const StreamRef* stream = streams_.find(key);
    if (stream && stream->object == &subscription) streams_.erase(key);
    stop_repair(subscription);
    give_up(*subscription.stream);
    answers_.push({.kind = Command::Kind::remove_subscription, .subscription = &subscription});
}

}  // namespace strata::dataplane
