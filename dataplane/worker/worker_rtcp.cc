#include <algorithm>

#include "dataplane/worker/worker.h"
#include "relay/rtp/rtcp/writer.h"

// RTCP ends here (C30): what peers report is used or kept, and the relay makes its own reports.
namespace strata::dataplane {
namespace {

using api::ObjectValue;
using api::RxDrop;
using api::WorkerCounter;

// Blocks of one compound: what fits into a header mbuf beside the RR header and the CNAME.
constexpr std::size_t kBlocksPerReport = 12;
constexpr std::string_view kRelayCname = "strata";

// What a peer says of the round trip is believed within these bounds.
constexpr relay::TimeUs kLeastRoundTripUs = 1'000, kMostRoundTripUs = 1'000'000;

constexpr relay::TimeUs dlsr_to_us(std::uint32_t delay) {
    return static_cast<relay::TimeUs>(std::uint64_t{delay} * 1'000'000 >> 16);
}

}  // namespace

void Worker::on_rtcp(rte_mbuf& packet, Transport& transport, relay::TimeUs now) {
    if (packet.data_len > config_.max_rtcp_bytes) return drop(RxDrop::malformed_rtcp);
    relay::RtcpCompound compound(bytes_of(packet));
    std::size_t parts = 0;
    while (const auto part = compound.next()) {
        on_rtcp_part(transport, *part, now);
        ++parts;
    }
    count(WorkerCounter::rtcp_junk, compound.damaged());
    if (parts == 0) return drop(RxDrop::malformed_rtcp);
    count(WorkerCounter::rtcp_in);
    count(WorkerCounter::consumed);
}

// Types without a use here (SDES, APP, XR, bandwidth) end without effect.
void Worker::on_rtcp_part(Transport& transport, const relay::RtcpPacket& part, relay::TimeUs now) {
    switch (part.type) {
        case relay::RtcpType::sender_report: {
            relay::SenderReport report;
            if (!relay::read_sender_report(part, report)) return;
            on_sender_report(transport, report, now);
            for (std::size_t i = 0; i < report.block_count; ++i)
                on_report_block(transport, report.blocks[i], now);
            return;
        }
        case relay::RtcpType::receiver_report: {
            relay::ReceiverReport report;
            if (!relay::read_receiver_report(part, report)) return;
            for (std::size_t i = 0; i < report.block_count; ++i)
                on_report_block(transport, report.blocks[i], now);
            return;
        }
        case relay::RtcpType::payload_feedback: return on_payload_feedback(transport, part, now);
        case relay::RtcpType::transport_feedback:
            return on_transport_feedback(transport, part, now);
        case relay::RtcpType::bye: return on_bye(transport, part);
        default: return;
    }
}

void Worker::on_payload_feedback(Transport& transport, const relay::RtcpPacket& part,
                                 relay::TimeUs now) {
    relay::FeedbackParties parties;
    if (relay::read_picture_loss(part, parties) || relay::read_slice_loss(part, parties)) {
        if (Subscription* subscription = find_outgoing(transport, parties.media.value))
            on_key_frame_request(*subscription, now);
        return;
    }
    relay::FullIntraRequest request;
    if (!relay::read_full_intra_request(part, request)) return;
    for (std::size_t i = 0; i < request.size(); ++i) {
        Subscription* subscription = find_outgoing(transport, request.ssrc(i).value);
        if (!subscription) continue;
        // C32: the same command number is the same request, repeated.
        if (subscription->fir_seen && subscription->last_fir == request.sequence(i)) continue;
        subscription->fir_seen = true;
        subscription->last_fir = request.sequence(i);
        on_key_frame_request(*subscription, now);
    }
}

void Worker::on_key_frame_request(Subscription& subscription, relay::TimeUs now) {
    ++subscription.stream->key_frame_requests;
    subscription.news = true;
    count(WorkerCounter::key_frame_requests_in);
    if (!subscription.attached) return;
    subscription.track->track->on_key_frame_request(subscription.handle, now);
    send_key_frame_requests(*subscription.track, now);
}

void Worker::on_sender_report(Transport& transport, const relay::SenderReport& report,
                              relay::TimeUs now) {
    std::uint8_t encoding = 0;
    PublishedTrack* track = find_media(transport, report.sender.value, encoding);
    if (!track) return;
    InboundEncoding& inbound = track->encodings[encoding];
    ++inbound.sender_reports;
    inbound.reception.on_sender_report(report.ntp, now);
    track->track->on_sender_report(encoding, report.ntp, report.rtp_timestamp, now);
    for (const TrackPlace& branch : track->branches) hand_clocks(*track, encoding, branch);
}

void Worker::on_report_block(Transport& transport, const relay::ReportBlock& block,
                             relay::TimeUs now) {
    const Subscription* subscription = find_outgoing(transport, block.ssrc.value);
    if (!subscription) return;
    const SlotRef& out = subscription->statistics;
    const std::uint32_t clock_rate = subscription->track->track->config().clock_rate_hz;
    out.set(ObjectValue::lost,
            static_cast<std::uint64_t>(block.cumulative_lost > 0 ? block.cumulative_lost : 0));
    out.set(ObjectValue::fraction_lost, block.fraction_lost);
    out.set(ObjectValue::jitter_us, std::uint64_t{block.jitter} * 1'000'000 / clock_rate);
    if (block.last_sr == 0) return;
    for (const OutgoingStream::SentReport& sent : subscription->stream->sent_reports) {
        if (sent.ntp_middle != block.last_sr) continue;
        const relay::TimeUs rtt = now - sent.sent_us - dlsr_to_us(block.delay_since_last_sr);
        out.set(ObjectValue::rtt_us, static_cast<std::uint64_t>(rtt > 0 ? rtt : 0));
        const relay::TimeUs sample = std::clamp(rtt, kLeastRoundTripUs, kMostRoundTripUs);
        relay::TimeUs& smoothed = transport.round_trip_us;
        smoothed = smoothed == 0 ? sample : (7 * smoothed + sample) / 8;
    }
}

// C35: the track stays; a source that said good-bye may be followed by another SSRC at once.
void Worker::on_bye(Transport& transport, const relay::RtcpPacket& part) {
    relay::Bye bye;
    if (!relay::read_bye(part, bye)) return;
    for (std::size_t i = 0; i < bye.size(); ++i) {
        std::uint8_t encoding = 0;
        if (PublishedTrack* track = find_media(transport, bye.ssrc(i).value, encoding))
            track->encodings[encoding].last_packet_us = 0;
    }
}

void Worker::send_rtcp(Transport& transport, std::span<const std::uint8_t> compound,
                       relay::TimeUs now) {
    if (transport.marks != 0) [[unlikely]]
        observed_.on_rtcp(transport, compound, now);
    if (transport.secure) return send_srtcp(transport, compound, now);
    fan_outs_[transport.port]->send_own(transport.link, compound, TxClass::audio, now);
    count(WorkerCounter::rtcp_out);
}

void Worker::send_picture_loss(PublishedTrack& track, std::uint8_t encoding, relay::TimeUs now) {
    if (!track.transport) return pass_key_frame_request(track, encoding);
    InboundEncoding& inbound = track.encodings[encoding];
    if (inbound.ssrc == 0 || !track.transport->has_link) return;
    std::array<std::uint8_t, 16> buffer;
    relay::RtcpWriter writer(buffer);
    writer.picture_loss({.sender = {config_.relay_ssrc}, .media = {inbound.ssrc}});
    send_rtcp(*track.transport, writer.written(), now);
    ++inbound.key_frame_requests;
    count(WorkerCounter::key_frame_requests_out);
}

// C54: publishers that hear nothing stay at their lowest bit rate.
void Worker::send_receiver_report(Transport& transport, relay::TimeUs now) {
    std::array<relay::ReportBlock, kBlocksPerReport> blocks;
    std::size_t n = 0;
    const auto flush = [&] {
        std::array<std::uint8_t, kRtcpBytes> buffer;
        relay::RtcpWriter writer(buffer);
        writer.receiver_report({config_.relay_ssrc}, std::span(blocks).first(n));
        writer.cname({config_.relay_ssrc}, kRelayCname);
        send_rtcp(transport, writer.written(), now);
        n = 0;
    };
    for (std::size_t t = 0; t < transport.track_count; ++t)
        for (InboundEncoding& inbound : transport.tracks[t]->encodings) {
            if (inbound.ssrc == 0) continue;
            const auto block = inbound.reception.report({inbound.ssrc}, now);
            if (!block) continue;
            blocks[n++] = *block;
            inbound.fraction_lost = block->fraction_lost;
            if (n == blocks.size()) flush();
        }
    if (n != 0) flush();
}

void Worker::send_sender_report(Subscription& subscription, relay::TimeUs now) {
    const auto report = subscription.track->track->sender_report(subscription.handle, now);
    if (!report) return;
    std::array<std::uint8_t, kRtcpBytes> buffer;
    relay::RtcpWriter writer(buffer);
    const relay::Ssrc ssrc{subscription.config.ssrc};
    relay::SenderReport out;
    out.sender = ssrc;
    out.ntp = report->ntp;
    out.rtp_timestamp = report->rtp_timestamp;
    out.packets = report->packets;
    out.octets = report->octets;
    writer.sender_report(out);
    writer.cname(ssrc, subscription.track->cname);
    send_rtcp(*subscription.transport, writer.written(), now);
    OutgoingStream& stream = *subscription.stream;
    stream.sent_reports[stream.reports_sent++ % stream.sent_reports.size()] = {
        static_cast<std::uint32_t>(report->ntp >> 16), now};
    subscription.news = true;
}

PublishedTrack* Worker::find_media(Transport& transport, std::uint32_t ssrc,
                                   std::uint8_t& encoding) {
    const StreamRef* stream = streams_.find(stream_key(transport.index, ssrc));
    if (!stream || stream->kind != StreamRef::Kind::media) return nullptr;
    encoding = stream->encoding;
    return static_cast<PublishedTrack*>(stream->object);
}

Subscription* Worker::find_outgoing(Transport& transport, std::uint32_t ssrc) {
    const StreamRef* stream = streams_.find(stream_key(transport.index, ssrc));
    if (!stream || stream->kind != StreamRef::Kind::outgoing) return nullptr;
    return static_cast<Subscription*>(stream->object);
}

}  // namespace strata::dataplane
