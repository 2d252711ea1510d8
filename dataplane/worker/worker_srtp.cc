#include <algorithm>
#include <array>

#include "dataplane/worker/worker.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"
#include "relay/srtp/packet_index.h"

// SRTP and SRTCP: what comes in is opened before anything else sees it, what goes out is sealed in
// the fan-out (media) or here (RTCP).
namespace strata::dataplane {
namespace {

using api::RxDrop;
using api::WorkerCounter;
using relay::PacketClass;
using relay::SrtpVerdict;

constexpr RxDrop to_rx_drop(SrtpVerdict verdict) {
    switch (verdict) {
        case SrtpVerdict::malformed: return RxDrop::srtp_malformed;
        case SrtpVerdict::replayed: return RxDrop::srtp_replay;
        case SrtpVerdict::no_room: return RxDrop::srtp_ssrcs;
        default: return RxDrop::srtp_auth;
    }
}

std::span<std::uint8_t> writable(rte_mbuf& packet) {
    return {rte_pktmbuf_mtod(&packet, std::uint8_t*), packet.data_len};
}

void trim(rte_mbuf& packet, std::uint16_t size) {
    packet.data_len = size;
    packet.pkt_len = size;
}

}  // namespace

// The engine's call is cheaper the more packets it gets: one for the whole burst. Bit i of the
// result: packet i ended here. budget: bench/micro/unprotect
std::uint64_t Worker::unprotect(std::span<rte_mbuf* const> packets,
                                std::span<Transport* const> transports) {
    std::uint64_t ended = 0;
    std::size_t begun = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        Transport* transport = transports[i];
        if (!transport || !transport->secure) continue;
        const PacketClass kind = relay::classify(bytes_of(*packets[i]));
        if (kind != PacketClass::rtp && kind != PacketClass::rtcp) continue;
        Opening& opening = openings_[begun];
        opening.packet = static_cast<std::uint8_t>(i);
        if (begin_open(*packets[i], *transport, kind, opening.work))
            ++begun;
        else
            ended |= std::uint64_t{1} << i;
    }
    if (begun == 0) return ended;
    for (std::size_t k = 0; k < begun; ++k) open_jobs_[k] = openings_[k].work.job;
    cipher_->open(std::span(open_jobs_).first(begun));
    for (std::size_t k = 0; k < begun; ++k) {
        Opening& opening = openings_[k];
        opening.work.job.authentic = open_jobs_[k].authentic;
        if (!finish_open(*packets[opening.packet], *transports[opening.packet], opening.work))
            ended |= std::uint64_t{1} << opening.packet;
    }
    return ended;
}

bool Worker::begin_open(rte_mbuf& packet, Transport& transport, PacketClass kind,
                        relay::SrtpReceiver::Packet& work) {
    if (!transport.srtp) return refuse_secure(packet, transport, RxDrop::no_keys);
    const relay::SrtpReceiver& receiver = transport.srtp->receiver;
    const SrtpVerdict begun = kind == PacketClass::rtcp
                                  ? receiver.begin_rtcp(writable(packet), work)
                                  : receiver.begin_rtp(writable(packet), work);
    if (begun == SrtpVerdict::ok) return true;
    return refuse_secure(packet, transport, to_rx_drop(begun));
}

bool Worker::finish_open(rte_mbuf& packet, Transport& transport,
                         const relay::SrtpReceiver::Packet& work) {
    const SrtpVerdict done = transport.srtp->receiver.finish(work);
    if (done != SrtpVerdict::ok) return refuse_secure(packet, transport, to_rx_drop(done));
    trim(packet, work.plain_size);
    return true;
}

// False. Its bytes are as they came, or garbage where it was decrypted with the wrong key.
bool Worker::refuse_secure(rte_mbuf& packet, Transport& transport, RxDrop reason) {
    drop(reason);
    if (observed_.looks_at(transport)) [[unlikely]]
        observed_.on_refused(packet, transport, reason);
    return false;
}

// A packet by itself, of a transport that was just found. Counts why not.
bool Worker::unprotect_one(rte_mbuf& packet, Transport& transport) {
    rte_mbuf* const packets[] = {&packet};
    Transport* const transports[] = {&transport};
    return unprotect(packets, transports) == 0;
}

void Worker::send_srtcp(Transport& transport, std::span<const std::uint8_t> compound,
                        relay::TimeUs now) {
    constexpr std::uint32_t kLastIndex = 0x7fff'ffff;
    std::array<std::uint8_t, kHeaderPayloadBytes> buffer;
    SecureTransport* srtp = transport.srtp.get();
    if (!srtp || transport.srtcp_index > kLastIndex) return count(WorkerCounter::srtp_refused);
    if (srtp->held) return;  // the next report is in a second
    if (compound.size() + relay::rtcp_overhead(srtp->outbound.profile()) > buffer.size())
        return count(WorkerCounter::srtp_refused);
    std::copy(compound.begin(), compound.end(), buffer.begin());
    relay::CipherJob job;
    const std::size_t size = relay::frame_sent_rtcp(srtp->outbound, buffer, compound.size(),
                                                    transport.srtcp_index++, job);
    cipher_->seal({&job, 1});
    fan_outs_[transport.port]->send_own(transport.link, std::span(buffer).first(size),
                                        TxClass::audio, now);
    count(WorkerCounter::rtcp_out);
}

// New keys, or the first ones. Roll-over counters go on; what was sent under the old keys is
// nobody's concern any more.
void Worker::set_security(const Command& command, relay::TimeUs now) {
    Transport& transport = *command.transport;
    SecureTransport* old = transport.srtp.release();
    transport.srtp.reset(command.secure);
    transport.note_tuples();
    if (old && transport.srtp) transport.srtp->receiver.continue_from(old->receiver);
    if (!old)
        for (std::size_t t = 0; t < transport.track_count; ++t) expect_srtp(*transport.tracks[t]);
    for (OutgoingStream* stream = old ? transport.outgoing : nullptr; stream;
         stream = stream->next) {
        stream->leg.stream.rekey();
        stream->in_doubt = false;
    }
    start_sending(transport, now);
    answers_.push({.kind = Command::Kind::set_security, .secure = old});
    if (!old && transport.srtp && !transport.srtp->held) ask_for_first_key_frames(transport, now);
}

// What a peer may be sent by the keys that its transport has now.
void Worker::start_sending(Transport& transport, relay::TimeUs now) {
    for (Subscription* s = transport.subscriptions; s; s = s->next) {
        hand_keys(*s);
        attach(*s, now);
    }
}

// C45: the first key frame of what it publishes may have come before the keys.
void Worker::ask_for_first_key_frames(Transport& transport, relay::TimeUs now) {
    for (std::size_t t = 0; t < transport.track_count; ++t)
        for (std::uint8_t e = 0; e < transport.tracks[t]->encoding_count; ++e)
            if (!transport.tracks[t]->audio) send_picture_loss(*transport.tracks[t], e, now);
}

// DTLS went to a peer whose keys are in force: it is about to have them, and reads what is sent
// behind it. When that isn't the first time the flight before was lost, and with it whatever
// was sent since.
void Worker::on_flight_sent(Transport& transport, relay::TimeUs now) {
    if (!transport.srtp) return;
    if (transport.srtp->held) {
        transport.srtp->held = false;
        start_sending(transport, now);
        return ask_for_first_key_frames(transport, now);
    }
    count(WorkerCounter::flights_repeated);
    for (Subscription* s = transport.subscriptions; s; s = s->next) {
        if (!s->attached || s->track->audio) continue;
        s->track->track->on_key_frame_request(s->handle, now);
        send_key_frame_requests(*s->track, now);
    }
}

// The streams of a subscription under its transport's keys of now. Their indexes go on (C25).
void Worker::hand_keys(Subscription& subscription) {
    hand_keys(*subscription.transport, *subscription.stream);
    if (subscription.repair && subscription.repair->rtx)
        hand_keys(*subscription.transport, *subscription.repair->rtx);
}

void Worker::hand_keys(const Transport& transport, OutgoingStream& stream) {
    stream.leg.keys = nullptr;
    if (!transport.srtp || transport.srtp->held) return;
    if (stream.in_doubt) return count(WorkerCounter::srtp_refused);
    stream.leg.keys = &transport.srtp->outbound;
}

// The track's SSRCs are expected on its transport. C53: what was accepted before a restart isn't
// accepted again, and its roll-over counter is known.
void Worker::expect_srtp(PublishedTrack& track) {
    SecureTransport* srtp = track.transport->srtp.get();
    if (!srtp) return;
    relay::InboundStreams& streams = srtp->receiver.rtp();
    for (InboundEncoding& encoding : track.encodings) {
        if (encoding.srtp_resume != 0 && encoding.ssrc != 0 && !streams.find(encoding.ssrc))
            streams.restore(encoding.ssrc, encoding.srtp_resume - 1);
        for (const std::uint32_t ssrc : {encoding.ssrc, encoding.rtx_ssrc})
            streams.set_expected(ssrc, true);
    }
}

// They may make room for others (C38).
void Worker::unexpect_srtp(PublishedTrack& track) {
    SecureTransport* srtp = track.transport->srtp.get();
    if (!srtp) return;
    for (const InboundEncoding& encoding : track.encodings)
        for (const std::uint32_t ssrc : {encoding.ssrc, encoding.rtx_ssrc}) {
            srtp->receiver.rtp().set_expected(ssrc, false);
            srtp->receiver.rtcp().set_expected(ssrc, false);
        }
}

}  // namespace strata::dataplane
