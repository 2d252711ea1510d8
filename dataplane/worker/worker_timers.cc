#include <algorithm>
#include <utility>

#include "dataplane/worker/worker.h"
#include "dataplane/worker/worker_checkpoint.h"

namespace strata::dataplane {
namespace {

using api::ObjectValue;
using api::WorkerCounter;

constexpr relay::TimeUs kActiveUs = 1'000'000;  // a track with a packet this recently is active

std::uint64_t packed(const relay::LayerTarget& target) {
    return api::pack_layers(target.encoding, target.spatial, target.temporal, target.paused);
}

}  // namespace

void Worker::run_timers(relay::TimeUs now, Turn& turn) {
    while (turn.timers < config_.timers_per_turn) {
        Timer* timer = timers_.pop_due(now);
        if (!timer) return;
        if (const Timer* next = timers_.next()) fetch_ahead(*next);
        ++turn.timers;
        begin_step(WorkStep::Kind::timer, timer->kind);
        const auto late = static_cast<std::uint64_t>(now - timer->due_us);
        if (late > statistics_[WorkerCounter::timer_us_late_max].get())
            statistics_[WorkerCounter::timer_us_late_max].set(late);
        switch (static_cast<TimerKind>(timer->kind)) {
            case TimerKind::track:
                on_track_timer(*static_cast<PublishedTrack*>(timer->owner), now);
                break;
            case TimerKind::transport_report:
                on_transport_timer(*static_cast<Transport*>(timer->owner), now);
                break;
            case TimerKind::transport_feedback:
                send_transport_feedback(*static_cast<Transport*>(timer->owner), now);
                break;
            case TimerKind::ice: on_ice_timer(*static_cast<Transport*>(timer->owner), now); break;
            case TimerKind::subscription_report:
                on_subscription_timer(*static_cast<Subscription*>(timer->owner), now);
                break;
        }
    }
}

// Ten thousand receivers' timers are of objects that no cache holds: what the next one needs is
// fetched while this one is served.
[[gnu::always_inline]] inline void Worker::fetch_ahead(const Timer& timer) {
    if (timer.next) rte_prefetch0(timer.next);
    if (static_cast<TimerKind>(timer.kind) == TimerKind::subscription_report) {
        const auto& subscription = *static_cast<const Subscription*>(timer.owner);
        rte_prefetch0(subscription.stream);
        rte_prefetch0(subscription.stream->checkpoint);
        subscription.track->track->prefetch_receiver(subscription.handle);
    } else if (static_cast<TimerKind>(timer.kind) == TimerKind::track) {
        const auto& track = *static_cast<const PublishedTrack*>(timer.owner);
        rte_prefetch0(&track);
        rte_prefetch0(&track.encodings[0]);
    }
}

void Worker::on_track_timer(PublishedTrack& track, relay::TimeUs now) {
    const bool publishes = now >= track.next_statistics_us;
    const bool rests = !publishes && track.track->rests();
    if (!rests) track.track->on_timer(now);
    for (std::uint8_t i = 0; i < track.encoding_count; ++i) {
        if (track.encodings[i].packets() == 0) continue;
        request_missing(track, i, now);
        if (rests) continue;
        outputs_.count = 0;
        outputs_.close_limit = std::min(closing_left_, relay::kMaxClosingPackets);
        track.track->give_up_holes(i, now, outputs_);
        for (std::size_t o = 0; o < outputs_.count; ++o)
            closing_left_ -= std::min(closing_left_, outputs_.outputs[o].receivers.size());
        if (outputs_.count != 0 && blank_)
            send_outputs(track, *blank_, track.audio ? TxClass::audio : TxClass::base,
                         FanOut::Input::kept, now);
        if (outputs_.refused != 0) count_refused_outputs();
    }
    send_key_frame_requests(track, now);
    if (publishes) {
        publish(track);
        keep(track, now);
        note_audience(track.track->receiver_count(), now);
        track.next_statistics_us = now + kStatisticsUs;
    }
    timers_.arm(track.timer, next_turn_of(track, now));
}

// Of the tracks whose statistics were due in the last round, which all are several times.
void Worker::note_audience(std::size_t receivers, relay::TimeUs now) {
    largest_audience_ = std::max(largest_audience_, receivers);
    audience_of_round_ = std::max(audience_of_round_, receivers);
    if (now < next_audience_us_) return;
    next_audience_us_ = now + kAudienceRoundUs;
    largest_audience_ = std::exchange(audience_of_round_, 0);
}

relay::TimeUs Worker::next_turn_of(const PublishedTrack& track, relay::TimeUs now) {
    const bool active = track.last_packet_us != 0 && now - track.last_packet_us < kActiveUs;
    if (!active) return now + kIdleTrackTimerUs;
    bool calm = !track.track->wants_key_frame();
    for (std::uint8_t i = 0; track.missing && i < track.encoding_count; ++i)
        calm = calm && track.missing[i].size() == 0;
    const relay::TimeUs soon = now + kTrackTimerUs;
    if (!calm) {
        hurries_until_ = now + 2 * kTrackTimerUs;
        return soon;
    }
    return std::min(now + kCalmTrackTimerUs, std::max(soon, track.next_statistics_us));
}

// A calm track misses something: it is to be asked for.
void Worker::hasten(PublishedTrack& track, relay::TimeUs now) {
    hurries_until_ = now + 2 * kTrackTimerUs;
    if (track.timer.due_us > now + 2 * kTrackTimerUs) timers_.arm(track.timer, now + kTrackTimerUs);
}

void Worker::on_transport_timer(Transport& transport, relay::TimeUs now) {
    if (transport.has_link && transport.track_count != 0) send_receiver_report(transport, now);
    publish(transport);
    keep(transport, now);
    timers_.arm(transport.report_timer, now + config_.receiver_report_us);
}

void Worker::on_subscription_timer(Subscription& subscription, relay::TimeUs now) {
    if (subscription.attached && now >= subscription.next_report_us &&
        subscription.transport->has_link) {
        send_sender_report(subscription, now);
        subscription.next_report_us = now + config_.sender_report_us;
    }
    const std::uint32_t changes = subscription.track->track->changes();
    if (subscription.attached && !subscription.news && subscription.changes == changes) {
        confirm(subscription, now);
    } else {
        publish(subscription);
        keep(subscription, now);
        subscription.news = !subscription.attached;
        subscription.changes = changes;
    }
    timers_.arm(subscription.timer, now + kStatisticsUs);
}

void Worker::publish(const Transport& transport) {
    const SlotRef& out = transport.statistics;
    out.set(ObjectValue::packets, transport.packets);
    out.set(ObjectValue::bytes, transport.bytes);
    out.set(ObjectValue::latched, transport.has_address ? 1 : 0);
}

void Worker::publish(const PublishedTrack& track) {
    std::uint64_t packets = 0, bytes = 0, key_frame_requests = 0, key_frames = 0, lost = 0;
    const relay::TrackConfig& config = track.track->config();
    for (std::uint8_t i = 0; i < config.encoding_count; ++i) {
        const InboundEncoding& in = track.encodings[i];
        const auto loss =
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, in.reception.lost()));
        lost += loss;
        packets += in.packets();
        bytes += in.bytes;
        key_frame_requests += in.key_frame_requests;
        key_frames += in.key_frames;
        const SlotRef& out = in.statistics;
        out.set(ObjectValue::packets, in.packets());
        out.set(ObjectValue::bytes, in.bytes);
        out.set(ObjectValue::ssrc, in.ssrc);
        out.set(ObjectValue::rtx_ssrc, in.rtx_ssrc);
        out.set(ObjectValue::lost, loss);
        out.set(ObjectValue::fraction_lost, in.fraction_lost);
        out.set(ObjectValue::jitter_us,
                std::uint64_t{in.reception.jitter()} * 1'000'000 / config.clock_rate_hz);
        out.set(ObjectValue::duplicates, in.duplicates);
        out.set(ObjectValue::rtx_packets, in.rtx_packets);
        out.set(ObjectValue::nacks, in.nacks);
        out.set(ObjectValue::key_frame_requests, in.key_frame_requests);
        out.set(ObjectValue::key_frames, in.key_frames);
        out.set(ObjectValue::last_packet_us, static_cast<std::uint64_t>(in.last_packet_us));
        out.set(ObjectValue::sender_reports, in.sender_reports);
    }
    const SlotRef& out = track.statistics;
    out.set(ObjectValue::packets, packets);
    out.set(ObjectValue::bytes, bytes);
    out.set(ObjectValue::lost, lost);
    out.set(ObjectValue::key_frame_requests, key_frame_requests);
    out.set(ObjectValue::key_frames, key_frames);
    out.set(ObjectValue::receivers, track.track->receiver_count());
    out.set(ObjectValue::voiced_packets, track.voice.packets());
    out.set(ObjectValue::last_packet_us, static_cast<std::uint64_t>(track.last_packet_us));
}

void Worker::publish(const Subscription& subscription) {
    const SlotRef& out = subscription.statistics;
    out.set(ObjectValue::ssrc, subscription.config.ssrc);
    out.set(ObjectValue::target, packed(subscription.config.target));
    out.set(ObjectValue::key_frame_requests, subscription.stream->key_frame_requests);
    out.set(ObjectValue::sender_reports, subscription.stream->reports_sent);
    if (const Repair* repair = subscription.repair.get()) {
        out.set(ObjectValue::rtx_ssrc, repair->rtx ? repair->rtx->ssrc : 0);
        out.set(ObjectValue::rtx_packets, subscription.stream->packets_repeated);
        out.set(ObjectValue::nacks, subscription.stream->packets_asked);
    }
    if (!subscription.attached) return out.set(ObjectValue::forwarding, 0);
    const auto status = subscription.track->track->status(subscription.handle);
    if (!status) return;
    out.set(ObjectValue::packets, status->packets);
    out.set(ObjectValue::bytes, status->bytes);
    out.set(ObjectValue::current, packed(status->current));
    out.set(ObjectValue::forwarding, status->forwarding ? 1 : 0);
    out.set(ObjectValue::switches, status->switches);
}

}  // namespace strata::dataplane
