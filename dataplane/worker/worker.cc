#include "dataplane/worker/worker.h"

#include <rte_prefetch.h>

#include <algorithm>

#include "dataplane/crypto/engine.h"
#include "dataplane/port/free_linear.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

namespace strata::dataplane {

using api::RxDrop;
using api::TxDrop;
using api::WorkerCounter;

Worker::Worker(const WorkerConfig& config, std::span<Port* const> ports, const Pools& pools,
               api::WorkerBlock& statistics, relay::TimeUs now)
    : config_(config),
      cipher_(make_cipher()),
      ports_(ports.begin(), ports.end()),
      routes_(ports.size()),
      statistics_(statistics),
      transit_(config.read_tsc, config.tsc_hz, statistics.rx_tx_ns,
               statistics[WorkerCounter::rx_tx_ns_max]),
      transports_(config.max_transports, config.secret),
      streams_(config.max_ssrcs, config.secret ^ 0x5353524320ULL),
      users_(std::size_t{config.max_transports} * 2, config.secret ^ 0x49434520ULL),
      stun_errors_(config.stun_errors_per_s),
      timers_(now),
      kept_(config.history, pools),
      placed_(config.max_tracks),
      commands_(config.command_ring),
      answers_(config.command_ring),
      notices_(config.command_ring),
      punts_(config.punt_ring_bytes) {
    config_.fan_out.cipher = cipher_.get();
    config_.fan_out.tx_queue.transit = &transit_;
    for (Port* port : ports_)
        fan_outs_.push_back(std::make_unique<FanOut>(*port, config_.queue, pools, config_.fan_out));
    waiting_by_name_.reserve(config_.max_waiting_by_name);
    blank_ = rte_pktmbuf_alloc(pools.rx);
    outputs_.limit = std::min<std::size_t>(config_.track_outputs, relay::kMaxOutputs);
}

Worker::~Worker() {
    for (Peer& peer : peers_)
        for (Handoff handed; peer.from && peer.from->pop(handed);)
            if (handed.kind == Handoff::Kind::packet) rte_pktmbuf_free(handed.packet);
    rte_pktmbuf_free(blank_);
}

Worker::Turn Worker::turn(relay::TimeUs now, std::uint16_t burst) {
    Turn turn;
    transit_.begin_turn();
    run_commands(now, turn);
    run_timers(now, turn);
    for (Peer& peer : peers_)
        if (peer.from) receive_handed(*peer.from, now, turn);
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        receive(i, burst, now, turn);
        if (ports_[i]->capabilities().connections) {
            forget_closed(*ports_[i], now);
            follow_slow(*ports_[i], now);
        }
        if (ports_[i]->capabilities().link_kind == LinkKind::ethernet)
            follow_paths(*ports_[i], now);
        follow_routes(i, now);
        ports_[i]->poll_slow(config_.queue, now);
    }
    if (!peers_.empty()) wake_others();
    for (auto& fan_out : fan_outs_) fan_out->flush(now);
    kept_.expire(now);
    if (observer_) [[unlikely]]
        finish_observing();
    if (turn.busy() || statistics_[WorkerCounter::queued].get() != 0) publish_counters();
    count(turn.busy() ? WorkerCounter::turns_busy : WorkerCounter::turns_idle);
    return turn;
}

bool Worker::sending() const {
    return std::any_of(fan_outs_.begin(), fan_outs_.end(),
                       [](const auto& fan_out) { return fan_out->queue().queued() != 0; });
}

Transport* Worker::find_transport(const FlowKey& flow) { return transports_.find(flow); }

// Look-ups of a whole burst go through the tables together, so that their cache misses overlap: the
// cost per packet stays the same with ten thousand flows. Packets of one stream come in trains:
// what was found for one holds for those behind it.
void Worker::receive(std::size_t port, std::uint16_t burst, relay::TimeUs now, Turn& turn) {
    std::array<rte_mbuf*, kMaxBurst> packets;
    std::array<Transport*, kMaxBurst> transports;
    const std::uint16_t n =
        ports_[port]->rx_burst(config_.queue, packets.data(), std::min(burst, kMaxBurst), now);
    if (n == 0) return;
    transit_.received();
    turn.received += n;
    statistics_.burst_packets[api::histogram_bucket(n)].add();
    const std::span received(packets.data(), n);
    const std::uint64_t same = find_transports(received, transports);
    const auto [known, secure] = find_places(received, same, transports);
    const std::uint64_t ended = secure ? unprotect(received, {transports.data(), n}) : 0;
    // What a packet's track will touch is fetched while those before it are worked on: a burst may
    // belong to as many rooms. In steps, because each address stands in what the step before
    // fetched. A packet that follows another of its encoding has everything near.
    const void* observed = nullptr;  // whose packets are in turn; null: of nobody who is known
    unsigned observers = 0;          // of them
    std::uint32_t* until = nullptr;  // how many of them until one is looked at; null: none is
    std::uint64_t under_way = 0;     // bit k: the packet k before this one goes through the steps
    const std::uint64_t erasures = streams_.erasures();
    constexpr unsigned kFetchSteps = 6;  // prefetch_stream and those of prefetch_track
    constexpr std::size_t kApart = 2;    // packets between two steps
    constexpr std::size_t kBehind = kFetchSteps * kApart;
    for (std::size_t i = 0; i < n + kBehind; ++i) {
        under_way <<= 1;
        if (i < n && (known >> i & 1) != 0) {
            found_streams_[i] = found_streams_[i - 1];
        } else if (i < n) {
            if (places_[i].home != kRemembered || places_[i].key == kNoStream)
                found_streams_[i] = find_stream(places_[i], transports[i]);
            if (found_streams_[i].object) {
                prefetch_stream(found_streams_[i]);
                under_way |= 1;
            }
        }
        if (under_way != 0)
            for (unsigned step = 1; step < kFetchSteps; ++step) {
                const std::size_t behind = step * kApart;
                if ((under_way >> behind & 1) != 0 &&
                    !prefetch_track(*packets[i - behind], found_streams_[i - behind], step))
                    under_way &= ~(std::uint64_t{1} << behind);
            }
        const std::size_t at = i - kBehind;
        if (i < kBehind || (ended >> at & 1) != 0) continue;
        if (streams_.erasures() != erasures) found_streams_[at] = {};
        in_work_.store(packets[at], std::memory_order_relaxed);
        if (observer_) [[unlikely]] {
            const StreamRef& stream = found_streams_[at];
            if (stream.object != observed || !observed) {
                observed = stream.object;
                observers = stream.object ? observers_of(stream) : 0;
                until = stream.object ? observer_->until_in(observers) : observer_->until_next();
            }
            // Whose a stranger's packet is may be known only afterwards.
            if (until && --*until == 0) {
                *until = 1;
                const unsigned taken = stream.object ? observer_->sample_in(observers) : ~0u;
                observe(*packets[at],
                        {static_cast<std::uint8_t>(port),
                         static_cast<std::uint8_t>(taken & observer_->in())},
                        transports[at], stream, now);
                continue;
            }
        }
        if (found_streams_[at].object &&
            pass_over(*packets[at], *transports[at], found_streams_[at], now))
            continue;
        on_datagram(*packets[at], static_cast<std::uint8_t>(port), transports[at],
                    found_streams_[at], now);
    }
    // What waits to be encrypted with others refers to these packets.
    for (auto& fan_out : fan_outs_) fan_out->seal(now);
    in_work_.store(nullptr, std::memory_order_relaxed);
    free_linear(received);
}

std::uint64_t Worker::find_transports(std::span<rte_mbuf* const> packets,
                                      std::span<Transport*, kMaxBurst> transports) {
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
        transports[i] = transports_.probable(flow_hashes_[i]);
        if (transports[i]) prefetch_transport(*transports[i]);
    }
    count(WorkerCounter::rx_packets, packets.size());
    count(WorkerCounter::rx_bytes, bytes);
    return same;
}

[[gnu::always_inline]] inline void Worker::prefetch_transport(const Transport& transport) {
    rte_prefetch0(&transport);
    rte_prefetch0(&transport.flow);
    rte_prefetch0(&transport.recent);
}

// Where each packet's stream is looked for, into places_.
Worker::FoundPlaces Worker::find_places(std::span<rte_mbuf* const> packets, std::uint64_t same,
                                        std::span<Transport*, kMaxBurst> transports) {
    FoundPlaces found;
    const std::uint64_t erasures = streams_.erasures();
    for (std::size_t i = 0; i < packets.size(); ++i) {
        StreamPlace& place = places_[i];
        place.key = kNoStream;
        if ((same >> i & 1) != 0)
            transports[i] = transports[i - 1];
        else if (const FlowKey& flow = meta(packets[i]).flow;
                 transports[i] && transports[i]->flow != flow) [[unlikely]]
            transports[i] = transports_.find(flow, flow_hashes_[i]);
        if (!transports[i]) continue;
        found.secure = found.secure || transports[i]->secure;
        const auto bytes = bytes_of(*packets[i]);
        if (bytes.size() < relay::kRtpHeaderSize) continue;
        const std::uint32_t ssrc = relay::load_be32(&bytes[8]);
        place.key = stream_key(transports[i]->index, ssrc);
        if (i > 0 && place.key == places_[i - 1].key) {
            found.known |= std::uint64_t{1} << i;
            continue;
        }
        found_streams_[i] = transports[i]->recent.find(ssrc, erasures);
        if (found_streams_[i].object) {
            place.home = kRemembered;
            continue;
        }
        place.home = streams_.home(place.key);
        streams_.prefetch(place.home);
    }
    return found;
}

// The media stream of this key, as far as is known.
StreamRef Worker::find_stream(const StreamPlace& place, Transport* transport) {
    if (place.key == kNoStream) return {};
    const StreamRef* stream = streams_.find(place.key, place.home);
    if (!stream || stream->kind != StreamRef::Kind::media) return {};
    transport->recent.remember(static_cast<std::uint32_t>(place.key), *stream, streams_.erasures());
    return *stream;
}

// The first step.
void Worker::prefetch_stream(const StreamRef& stream) {
    const auto* track = static_cast<const PublishedTrack*>(stream.object);
    const InboundEncoding& inbound = track->encodings[stream.encoding];
    rte_prefetch0(track);
    rte_prefetch0(&inbound);
    rte_prefetch0(reinterpret_cast<const char*>(&inbound) + 64);
}

// False: it needs nothing else, as it looks now.
bool Worker::prefetch_track(const rte_mbuf& packet, const StreamRef& stream, unsigned step) {
    const auto& published = *static_cast<const PublishedTrack*>(stream.object);
    const relay::Track& track = *published.track;
    const InboundEncoding& inbound = published.encodings[stream.encoding];
    if (step == 1) {
        rte_prefetch0(inbound.rest);
        rte_prefetch0(reinterpret_cast<const char*>(inbound.rest) + 64);
    }
    if (step == 2) {
        if (inbound.rest->matches(bytes_of(packet))) return false;
        rte_prefetch0(&published.parser);
        rte_prefetch0(&published.parser.payload_types[bytes_of(packet)[1] & 0x7f]);
        rte_prefetch0(&track);
    }
    if (step == 3) track.prefetch_state();
    if (step == 4) track.prefetch_encoding(stream.encoding);
    if (step == 5) track.prefetch_rings(stream.encoding);
    return true;
}

// Whether it matters from which of a peer's tuples the packet came.
bool Worker::has_tuples(const Transport& transport) {
    return transport.srtp && transport.ice && transport.ice->bound > 1;
}

// One more packet of a frame that nobody wants, as most of what nobody wants is: it is counted, and
// that is all. False: it has to be looked at.
[[gnu::always_inline]] inline bool Worker::pass_over(const rte_mbuf& packet, Transport& transport,
                                                     const StreamRef& stream, relay::TimeUs now) {
    auto& track = *static_cast<PublishedTrack*>(stream.object);
    InboundEncoding& inbound = track.encodings[stream.encoding];
    relay::FrameRest& rest = *inbound.rest;
    const auto bytes = bytes_of(packet);
    if (!rest.matches(bytes) || track.spread || has_tuples(transport)) return false;
    rest.take(bytes, now);
    ++transport.packets;
    transport.bytes += bytes.size();
    const relay::SequenceNumber sequence{relay::load_be16(&bytes[2])};
    if (transport.feedback && rest.transport_cc_at() != 0)
        transport.feedback->on_packet(relay::load_be16(&bytes[rest.transport_cc_at()]), now);
    inbound.reception.on_packet(sequence, rest.timestamp(), now);
    if (!track.missing.empty())
        track.missing[stream.encoding].on_packet(
            {.sequence = sequence, .ends_picture = (bytes[1] & 0x80) != 0}, now);
    if (rest.extensions_ignored() != 0)
        count(WorkerCounter::extensions_ignored, rest.extensions_ignored());
    ++inbound.packets;
    inbound.bytes += bytes.size();
    inbound.last_packet_us = track.last_packet_us = now;
    drop(media_drop(rest.why()));
    return true;
}

void Worker::on_datagram(rte_mbuf& packet, std::uint8_t port, Transport* transport,
                         const StreamRef& stream, relay::TimeUs now) {
    using relay::PacketClass;
    if (stream.object && relay::classify(bytes_of(packet)) == PacketClass::rtp &&
        !has_tuples(*transport)) {
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
    if (has_tuples(*transport)) on_heard(*transport, meta(&packet).flow, now);
    ++transport->packets;
    transport->bytes += packet.data_len;
    if (kind == PacketClass::rtcp) return on_rtcp(packet, *transport, now);
    on_rtp(packet, *transport, now);
}

// The fan-out and the ports count for themselves; this is where readers find it.
void Worker::publish_counters() {
    FanOutCounters made;
    TxQueueCounters queues;
    std::uint64_t full = 0, late = 0, queued = 0, linearised = 0, hold_sent = 0, hold_dropped = 0;
    std::uint64_t path_mtu = 0;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        const FanOutCounters& f = fan_outs_[i]->counters();
        made.selected += f.selected;
        made.no_header_mbuf += f.no_header_mbuf;
        made.no_payload_mbuf += f.no_payload_mbuf;
        made.too_large += f.too_large;
        made.copied_tiny += f.copied_tiny;
        made.copied_linear += f.copied_linear;
        made.encrypted += f.encrypted;
        made.unkeyed += f.unkeyed;
        made.index_used += f.index_used;
        made.through_kernel += f.through_kernel;
        const TxQueueCounters& q = fan_outs_[i]->queue().counters();
        queues.sent += q.sent;
        queues.errors += q.errors;
        queues.unresolved += q.unresolved;
        for (std::size_t c = 0; c < kTxClasses; ++c) {
            full += q.full[c];
            late += q.expired[c];
        }
        queued += fan_outs_[i]->queue().queued() + ports_[i]->held(config_.queue);
        const PortCounters& p = ports_[i]->counters(config_.queue);
        linearised += p[PortCounter::rx_linearised];
        hold_sent += p[PortCounter::hold_sent];
        hold_dropped += p[PortCounter::hold_dropped];
        path_mtu += p[PortCounter::hold_too_large];
        bytes += p[PortCounter::tx_bytes];
    }
    const KeptPacketsCounters& kept = kept_.counters();
    statistics_[WorkerCounter::history_packets].set(kept_.size());
    statistics_[WorkerCounter::history_copied].set(kept.copied);
    statistics_[WorkerCounter::history_displaced].set(kept.displaced);
    statistics_[WorkerCounter::history_relinquished].set(kept.relinquished);
    statistics_[WorkerCounter::history_refused].set(kept.refused);
    statistics_[WorkerCounter::selected].set(made.selected);
    statistics_[WorkerCounter::sent].set(queues.sent + hold_sent);
    statistics_[WorkerCounter::sent_bytes].set(bytes);
    statistics_[WorkerCounter::queued].set(queued);
    statistics_[WorkerCounter::copied_linearised].set(linearised);
    statistics_[WorkerCounter::copied_small].set(made.copied_tiny);
    statistics_[WorkerCounter::copied_no_chain].set(made.copied_linear);
    statistics_[WorkerCounter::copied_encrypted].set(made.encrypted);
    statistics_[TxDrop::unkeyed].set(made.unkeyed);
    statistics_[TxDrop::index_used].set(made.index_used);
    statistics_[WorkerCounter::copied_kernel].set(made.through_kernel);
    statistics_[TxDrop::tx_full].set(full);
    statistics_[TxDrop::tx_late].set(late);
    statistics_[TxDrop::no_header_mbuf].set(made.no_header_mbuf);
    statistics_[TxDrop::no_payload_mbuf].set(made.no_payload_mbuf);
    statistics_[TxDrop::too_large].set(made.too_large);
    statistics_[TxDrop::port_error].set(queues.errors);
    statistics_[TxDrop::unresolved].set(queues.unresolved + hold_dropped);
    statistics_[TxDrop::path_mtu].set(path_mtu);
}

}  // namespace strata::dataplane
