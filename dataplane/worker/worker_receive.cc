#include <bit>

#include "dataplane/port/free_linear.h"
#include "dataplane/worker/worker.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

// From a port's burst to what each datagram is.
namespace strata::dataplane {

using api::RxDrop;
using api::WorkerCounter;

std::uint64_t Worker::find_transports(std::span<rte_mbuf* const> packets) {
    const FlowKey* before = nullptr;
    std::uint64_t same = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(packets[i], const void*));
        const FlowKey& flow = meta(packets[i]).flow;
        if (before && *before == flow) {
            same |= std::uint64_t{1} << i;
        } else {
            flow_hashes_[i] = transports_.hash(flow);
            transports_.prefetch(flow_hashes_[i]);
        }
        before = &flow;
    }
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        bytes += packets[i]->data_len;
        if ((same >> i & 1) != 0) continue;
        transports_of_[i] = transports_.probable(flow_hashes_[i]);
        if (transports_of_[i]) prefetch_transport(*transports_of_[i]);
    }
    count(WorkerCounter::rx_packets, packets.size());
    count(WorkerCounter::rx_bytes, bytes);
    return same;
}

[[gnu::always_inline]] inline void Worker::prefetch_transport(const Transport& transport) {
    rte_prefetch0(&transport);
    rte_prefetch0(&transport.recent);
}

[[gnu::always_inline]] inline void Worker::begin_train(std::size_t at, const rte_mbuf& first,
                                                       Transport* transport, std::uint64_t key,
                                                       std::uint64_t erasures) {
    Train& train = trains_[train_count_++];
    train.begin = static_cast<std::uint8_t>(at);
    train.first = &first;
    train.transport = transport;
    train.key = key;
    train.stream = {};
    if (key == kNoStream) return;
    train.stream = transport->recent.find(static_cast<std::uint32_t>(key), erasures);
    if (train.stream.object) return;
    train.home = streams_.home(key);
    streams_.prefetch(train.home);
}

// Whether some packets are to be opened.
bool Worker::find_trains(std::span<rte_mbuf* const> packets, std::uint64_t same) {
    const std::uint64_t erasures = streams_.erasures();
    bool secure = false;
    train_count_ = 0;
    Transport* transport = nullptr;
    std::uint64_t before = kNoStream;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if ((same >> i & 1) == 0) {
            transport = transports_of_[i];
            if (const FlowKey& flow = meta(packets[i]).flow; transport && transport->flow != flow)
                [[unlikely]]
                transport = transports_.find(flow, flow_hashes_[i]);
            if (transport && transport->secure) {
                secure = true;
                rte_prefetch0(&transport->srtp);
            }
        }
        transports_of_[i] = transport;
        const auto bytes = bytes_of(*packets[i]);
        const bool rtp = transport && bytes.size() >= relay::kRtpHeaderSize;
        const std::uint64_t key =
            rtp ? stream_key(transport->index, relay::load_be32(&bytes[8])) : kNoStream;
        if (key != before || !rtp) begin_train(i, *packets[i], transport, key, erasures);
        before = key;
        trains_[train_count_ - 1].end = static_cast<std::uint8_t>(i + 1);
        trains_[train_count_ - 1].last = packets[i];
    }
    return secure;
}

// The media stream of its key, as far as is known.
void Worker::find_stream(Train& train) {
    if (train.key == kNoStream) return;
    const StreamRef* stream = streams_.find(train.key, train.home);
    if (!stream || stream->kind != StreamRef::Kind::media) return;
    train.transport->recent.remember(static_cast<std::uint32_t>(train.key), *stream,
                                     streams_.erasures());
    train.stream = *stream;
}

// The first step.
[[gnu::always_inline]] inline void Worker::look_up(Train& train) {
    if (!train.stream.object) [[unlikely]]
        find_stream(train);
    train.fetching = train.stream.object != nullptr;
    if (!train.fetching) return;
    const auto* track = static_cast<const PublishedTrack*>(train.stream.object);
    train.inbound = &track->encodings[train.stream.encoding];
    rte_prefetch0(track);
    rte_prefetch0(train.inbound);
    train.inbound->rest.prefetch();
}

// The others, of the trains before train `next`: each address stands in what the step before
// fetched. What goes on with a frame that nobody wants needs no more than that is known of it.
[[gnu::always_inline]] inline void Worker::fetch_ahead(std::size_t next) {
    const auto behind = [this, next](std::size_t steps) -> Train* {
        const std::size_t at = next - steps;
        return at < train_count_ && trains_[at].fetching ? &trains_[at] : nullptr;
    };
    const auto published = [](const Train& train) -> const PublishedTrack& {
        return *static_cast<const PublishedTrack*>(train.stream.object);
    };
    if (Train* train = behind(2)) {
        const relay::FrameRest& rest = train->inbound->rest;
        train->is = rest.guess(bytes_of(*train->last));
        train->fetching = train->is.begins || !rest.matches(bytes_of(*train->first));
        if (train->fetching) {
            if (!train->is.known) prefetch_parser(published(*train), *train);
            published(*train).track->prefetch_state(train->is);
        }
    }
    if (const Train* train = behind(4))
        published(*train).track->prefetch_encoding(train->stream.encoding, train->is);
    if (const Train* train = behind(5))
        published(*train).track->prefetch_rings(train->stream.encoding, train->is);
    static_assert(kFetchSteps == 6);
}

[[gnu::always_inline]] inline void Worker::prefetch_parser(const PublishedTrack& track,
                                                           const Train& train) {
    rte_prefetch0(track.parser);
    rte_prefetch0(&track.parser->payload_types[bytes_of(*train.first)[1] & 0x7f]);
}

// Those of one frame.
[[gnu::always_inline]] inline bool Worker::pass_over_frame(std::span<rte_mbuf* const> packets,
                                                           const Transport& transport,
                                                           const StreamRef& stream,
                                                           relay::TimeUs now, PassedOver& so_far) {
    auto& track = *static_cast<PublishedTrack*>(stream.object);
    InboundEncoding& inbound = track.encodings[stream.encoding];
    relay::FrameRest& rest = inbound.rest;
    const auto first_bytes = bytes_of(*packets[0]);
    const bool goes_on = rest.matches(first_bytes);
    if (!goes_on && !track.track->pass_over(stream.encoding, first_bytes, now)) return false;

    relay::FeedbackRecorder* const feedback =
        rest.transport_cc_at() != 0 ? transport.feedback : nullptr;
    relay::MissingPackets* const missing =
        track.missing ? &track.missing[stream.encoding] : nullptr;
    const relay::SequenceNumber first{relay::load_be16(&first_bytes[2])};
    const auto look_at = [&](std::span<const std::uint8_t> bytes, std::size_t ahead) {
        so_far.bytes += bytes.size();
        if (feedback) feedback->on_packet(relay::load_be16(&bytes[rest.transport_cc_at()]), now);
        if (missing)
            missing->on_packet({.sequence = first + static_cast<std::uint16_t>(ahead),
                                .ends_picture = (bytes[1] & 0x80) != 0},
                               now);
    };
    look_at(first_bytes, 0);
    const std::size_t begun = goes_on ? 0 : 1;
    bool ended = goes_on && rest.ends(first_bytes);
    std::size_t passed = 1;
    for (; passed < packets.size(); ++passed) {
        const auto bytes = bytes_of(*packets[passed]);
        if (!rest.matches(bytes, passed - begun)) break;
        ended = ended || rest.ends(bytes);
        look_at(bytes, passed);
    }
    if (passed != begun) rest.take(passed - begun, ended, now);
    inbound.reception.on_run(first, passed, rest.timestamp(), now);
    if (rest.extensions_ignored() != 0)
        count(WorkerCounter::extensions_ignored, passed * rest.extensions_ignored());
    drop(media_drop(rest.why()), passed);
    so_far.packets += passed;
    return true;
}

// How many of the packets go on with a frame that nobody wants, or begin and go on with others like
// it, as most of what nobody wants does: they are counted, and that is all.
[[gnu::always_inline]] inline std::size_t Worker::pass_over(std::span<rte_mbuf* const> packets,
                                                            Transport& transport,
                                                            const StreamRef& stream,
                                                            relay::TimeUs now) {
    auto& track = *static_cast<PublishedTrack*>(stream.object);
    if (track.spread || transport.several_tuples) return 0;
    InboundEncoding& inbound = track.encodings[stream.encoding];
    PassedOver passed;
    while (passed.packets < packets.size())
        if (!pass_over_frame(packets.subspan(passed.packets), transport, stream, now, passed))
            break;
    if (passed.packets == 0) return 0;
    transport.packets += passed.packets;
    transport.bytes += passed.bytes;
    inbound.bytes += passed.bytes;
    inbound.last_packet_us = track.last_packet_us = now;
    return passed.packets;
}

[[gnu::always_inline]] inline void Worker::work_on(Train& train, const Burst& burst) {
    // Two numbers: as a struct they would cost each packet some instructions.
    std::uint32_t* until = nullptr;
    unsigned observers = 0;
    if (streams_.erasures() != burst.erasures) train.stream = {};
    if (observed_.active()) [[unlikely]]
        observed_.look_ahead(train.stream, observers, until);
    const relay::FrameRest* rest = train.stream.object ? &train.inbound->rest : nullptr;
    for (std::size_t at = train.begin; at < train.end;) {
        const std::uint64_t ended = burst.ended >> at;
        if ((ended & 1) != 0) {
            ++at;
            continue;
        }
        rte_mbuf& packet = *burst.packets[at];
        in_work_.store(&packet, std::memory_order_relaxed);
        if (rest && rest->knows_any()) {
            std::size_t most = train.end - at;
            if (ended != 0) most = std::min<std::size_t>(most, std::countr_zero(ended));
            if (observed_.traces(observers, until)) most = std::min<std::size_t>(most, *until - 1);
            const auto ahead = burst.packets.subspan(at, most);
            const std::size_t passed = pass_over(ahead, *train.transport, train.stream, burst.now);
            if (until) [[unlikely]]
                observed_.on_passed(ahead.first(passed), train, burst, *until);
            at += passed;
            if (passed != 0) continue;
        }
        ++at;
        if (until && --*until == 0) [[unlikely]] {
            *until = 1;
            observe(packet, observed_.arrive(burst.port, train.stream, observers), train.transport,
                    train.stream, burst.now);
        } else {
            on_datagram(packet, burst.port, train.transport, train.stream, burst.now);
        }
        if (streams_.erasures() != burst.erasures) {
            train.stream = {};
            rest = nullptr;
        }
    }
}

// Look-ups of a whole burst go through the tables together, so that their cache misses overlap: the
// cost per packet stays the same with ten thousand flows. Packets of one stream come in trains:
// what is found for the first of one holds for those behind it.
void Worker::receive(std::size_t port, std::uint16_t burst, relay::TimeUs now, Turn& turn) {
    std::array<rte_mbuf*, kMaxBurst> packets;
    const std::uint16_t n =
        ports_[port]->rx_burst(config_.queue, packets.data(),
                               burst_for(largest_audience_, std::min(burst, kMaxBurst)), now);
    if (n == 0) return;
    transit_.received();
    turn.received += n;
    statistics_.burst_packets[api::histogram_bucket(n)].add();
    const std::span received(packets.data(), n);
    const std::uint64_t same = find_transports(received);
    const bool secure = find_trains(received, same);
    Burst work{.packets = received,
               .port = static_cast<std::uint8_t>(port),
               .ended = secure ? unprotect(received, {transports_of_.data(), n}) : 0,
               .erasures = streams_.erasures(),
               .now = now};
    // A burst may belong to as many rooms: what a train's track will touch is fetched while those
    // before it are worked on.
    for (std::size_t i = 0; i < train_count_ + kFetchSteps; ++i) {
        if (i < train_count_) look_up(trains_[i]);
        fetch_ahead(i);
        if (i >= kFetchSteps) work_on(trains_[i - kFetchSteps], work);
    }
    // What waits to be encrypted with others refers to these packets.
    for (auto& fan_out : fan_outs_) fan_out->seal(now);
    in_work_.store(nullptr, std::memory_order_relaxed);
    free_linear(received);
}

void Worker::on_datagram(rte_mbuf& packet, std::uint8_t port, Transport* transport,
                         const StreamRef& stream, relay::TimeUs now) {
    using relay::PacketClass;
    if (stream.object && relay::classify(bytes_of(packet)) == PacketClass::rtp &&
        !transport->several_tuples) {
        ++transport->packets;
        transport->bytes += packet.data_len;
        return on_media(packet, *static_cast<PublishedTrack*>(stream.object), stream.encoding,
                        Origin::sent, now);
    }
    if (packet.data_len == 0) return drop(RxDrop::empty);
    const PacketClass kind = relay::classify(bytes_of(packet));
    if (kind == PacketClass::stun) return on_stun(packet, port, now);
    if (kind == PacketClass::dtls) return on_dtls(packet, transport, now);
    if (kind != PacketClass::rtp && kind != PacketClass::rtcp) return drop(RxDrop::not_ours);
    if (!transport) {
        transport = find_transport(meta(&packet).flow);  // latched or validated in this burst
        if (transport && transport->secure && !unprotect_one(packet, *transport)) return;
    }
    RxDrop reason = users_.size() != 0 ? RxDrop::unvalidated : RxDrop::unknown_transport;
    if (!transport && kind == PacketClass::rtp) transport = latch(packet, port, reason, now);
    if (!transport) return drop(reason);
    if (transport->several_tuples) on_heard(*transport, meta(&packet).flow, now);
    ++transport->packets;
    transport->bytes += packet.data_len;
    if (kind == PacketClass::rtcp) return on_rtcp(packet, *transport, now);
    on_rtp(packet, *transport, now);
}

}  // namespace strata::dataplane
