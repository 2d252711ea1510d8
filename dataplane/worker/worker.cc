#include "dataplane/worker/worker.h"

#include <rte_prefetch.h>

#include <algorithm>

#include "dataplane/crypto/engine.h"

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
      observed_({.streams = streams_,
                 .transports = transports_,
                 .statistics = statistics_,
                 .fan_outs = fan_outs_,
                 .blank = blank_,
                 .outputs = outputs_,
                 .parsed = parsed_,
                 .dropped = dropped_}),
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
    closing_left_ = kClosingPacketsPerTurn;
    run_commands(now, turn);
    run_timers(now, turn);
    for (Peer& peer : peers_)
        if (peer.from) receive_handed(*peer.from, now, turn);
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        begin_step(WorkStep::Kind::port, i);
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
    for (std::size_t i = 0; i < fan_outs_.size(); ++i) {
        begin_step(WorkStep::Kind::flush, i);
        fan_outs_[i]->flush(now);
    }
    kept_.expire(now);
    if (observed_.active()) [[unlikely]]
        observed_.finish();
    if (turn.busy() || statistics_[WorkerCounter::queued].get() != 0) publish_counters();
    if (turn.commands != 0 || news_) [[unlikely]]
        ring_main();
    count(turn.busy() ? WorkerCounter::turns_busy : WorkerCounter::turns_idle);
    begin_step(WorkStep::Kind::none);
    return turn;
}

void Worker::observe(rte_mbuf& packet, const ObservationPoint::Arrival& arrival,
                     Transport* transport, const StreamRef& stream, relay::TimeUs now) {
    const bool wanted = observed_.begin(packet, arrival, transport, stream);
    on_datagram(packet, arrival.port, transport, stream, now);
    if (wanted) observed_.end(transport, stream, now);
}

void Worker::tell(const Notice& notice) {
    if (!notices_.push(notice)) return count(WorkerCounter::events_lost);
    news_ = true;
}

void Worker::ring_main() {
    if (config_.main_bell) config_.main_bell->ring();
    news_ = false;
}

bool Worker::sending() const {
    return std::any_of(fan_outs_.begin(), fan_outs_.end(),
                       [](const auto& fan_out) { return fan_out->queue().queued() != 0; });
}

Transport* Worker::find_transport(const FlowKey& flow) { return transports_.find(flow); }

// The fan-out and the ports count for themselves; this is where readers find it.
void Worker::publish_counters() {
    FanOutCounters made;
    TxQueueCounters queues;
    std::uint64_t full = 0, late = 0, queued = 0, linearised = 0, hold_sent = 0, hold_dropped = 0;
    std::uint64_t path_mtu = 0, no_route = 0;
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
        no_route += p[PortCounter::hold_no_route];
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
    statistics_[TxDrop::no_route].set(no_route);
}

}  // namespace strata::dataplane
