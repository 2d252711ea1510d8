#include "dataplane/port/ethdev_port.h"

#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/net/frame.h"
#include "dataplane/net/icmp_error.h"

namespace strata::dataplane {

namespace {

constexpr std::uint32_t kSlowPollUs = 10'000;  // held packets and requests are timed by it
constexpr std::uint16_t kIpv4UdpBytes = net::kIpv4Bytes + net::kUdpBytes;
constexpr std::uint16_t kIpv6UdpBytes = net::kIpv6Bytes + net::kUdpBytes;

}  // namespace

EthdevPort::EthdevPort(std::string spec, const EthdevSpec& ethdev, EthdevDevice device,
                       const PortConfig& config)
    : Port(std::move(spec), config),
      device_(std::move(device)),
      local_(ethdev.local),
      ethdev_(ethdev),
      neighbours_(config.neighbours),
      icmp_sent_(config.icmp_per_s),
      icmp_followed_(config.icmp_per_s) {
    addresses_ = local_.own;
    const EthdevAbilities& abilities = device_.abilities();
    local_.first_port = config.base_udp_port;
    local_.ports = config.workers;
    capabilities_.link_kind = LinkKind::ethernet;
    capabilities_.slow_poll_us = kSlowPollUs;
    capabilities_.chains = abilities.chains;
    capabilities_.max_segments = abilities.max_segments;
    capabilities_.checksum_offload = abilities.checksum_offload;
    capabilities_.mtu_bytes = ethdev.mtu;
    capabilities_.max_datagram_bytes = static_cast<std::uint16_t>(
        ethdev.mtu - (local_.own.has_v4() ? kIpv4UdpBytes : kIpv6UdpBytes));
    const std::uint32_t others = config.workers - 1u;
    needs_.rx_mbufs = std::min(config.workers, abilities.max_rx_queues) *
                          std::max<std::uint32_t>(config.rx_ring, abilities.rx_mbufs_per_queue) +
                      std::min(others, 1u) * config.workers *
                          std::max<std::uint32_t>(config.handoff_ring, kLeastRing * others);
    needs_.tx_mbufs =
        (config.tx_ring + config.held_packets) * config.workers + others * config.handoff_ring;
    if (!abilities.chains) needs_.linear_mbufs = needs_.tx_mbufs;
}

EthdevPort::~EthdevPort() {
    for (const auto& queue : queues_) {
        for (; queue->sending_from != queue->sending_to; ++queue->sending_from)
            rte_pktmbuf_free(queue->sending[queue->sending_from]);
        rings_.push_back(queue->to_send);
    }
    for (rte_ring* ring : rings_) {
        if (ring == nullptr) continue;
        void* m;
        while (rte_ring_dequeue(ring, &m) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(m));
        rte_ring_free(ring);
    }
}

std::expected<void, PortError> EthdevPort::start(const Pools& pools) {
    rx_pool_ = pools.rx;
    header_pool_ = pools.header;
    if (auto started = device_.start(config_, ethdev_, pools.rx); !started) return started;
    const api::Steering method = device_.steering().method;
    steers_ = method == api::Steering::flow || method == api::Steering::rss;
    const auto mac = device_.mac(ethdev_);
    if (!mac) return std::unexpected(mac.error());
    local_.mac = *mac;
    // Solicitations come to a group. Virtual devices deliver it anyway and may not know how to ask.
    if (local_.own.has_v6()) rte_eth_allmulticast_enable(device_.id());
    for (std::uint16_t w = 0; w < config_.workers; ++w) {
        queues_.push_back(std::make_unique<Queue>(config_, neighbours_));
        queues_[w]->context = {neighbours_.words(), local_.vlan, config_.udp_checksum,
                               capabilities_.checksum_offload};
    }
    if (auto made = make_rings(); !made) return made;
    return make_kernel_link();
}

Endpoint EthdevPort::local_endpoint(std::uint16_t queue) const {
    return {local_.own.all()[0].address, static_cast<std::uint16_t>(local_.first_port + queue)};
}

bool EthdevPort::owns_tx_queue(std::uint16_t queue) const { return queue < device_.tx_queues(); }

std::uint16_t EthdevPort::rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                   relay::TimeUs now) {
    if (queues_[queue]->handed.empty()) return receive(queue, packets, n, now);
    if (queue >= device_.rx_queues()) return take_handed(queue, packets, n, now);
    // Neither the rings nor the device's queue keep the other from its turn.
    const auto half = static_cast<std::uint16_t>((n + 1) / 2);
    const std::uint16_t handed = take_handed(queue, packets, half, now);
    const auto rest = static_cast<std::uint16_t>(n - handed);
    return static_cast<std::uint16_t>(handed + receive(queue, packets + handed, rest, now));
}

std::uint16_t EthdevPort::receive(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                  relay::TimeUs now) {
    const std::uint16_t received = rte_eth_rx_burst(device_.id(), queue, packets, n);
    PortCounters& counters = counters_[queue];
    std::uint16_t count = 0;
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < received; ++i) {
        if (i + 1 < received) rte_prefetch0(rte_pktmbuf_mtod(packets[i + 1], void*));
        rte_mbuf* m = packets[i];
        bytes += m->pkt_len;
        if ((m->nb_segs > 1 || m->pool != rx_pool_) && !make_linear(queue, m)) {
            ++counters[PortCounter::rx_truncated];
            rte_pktmbuf_free(m);
            continue;
        }
        if (queue == 0 ? accept(m, now) : accept_elsewhere(queue, m, now)) packets[count++] = m;
    }
    counters[PortCounter::rx_frames] += received;
    counters[PortCounter::rx_bytes] += bytes;
    counters[PortCounter::rx_delivered] += count;
    if (steers_) counters[PortCounter::rx_steered] += count;
    return count;
}

// Worker 0's. True: `m` is a datagram for it. Otherwise it was dealt with.
bool EthdevPort::accept(rte_mbuf* m, relay::TimeUs now) {
    PortCounters& counters = counters_[0];
    PacketMeta& about = meta(m);
    const net::Ingress in = net::receive_frame(*m, local_, about.flow);
    if (in.action == net::Ingress::Action::deliver) [[likely]] {
        about.queue = 0;
        about.port_index = config_.index;
        about.received_us = now;
        if (in.worker == 0) return true;
        hand_off(0, m, in.worker);
        return false;
    }
    ++counters[in.counter];
    take_note(in, about.flow, now);
    if (kernel_ && in.punt != net::Punt::none) give_to_kernel(*m, in.punt, now);
    end_here(m, in, now);
    return false;
}

// A frame that no worker sees: answered or freed.
void EthdevPort::end_here(rte_mbuf* m, const net::Ingress& in, relay::TimeUs now) {
    PortCounters& counters = counters_[0];
    bool answer = in.action == net::Ingress::Action::reply;
    PortCounter answered = in.reply_counter;
    if (in.counter == PortCounter::rx_unknown_port && !kernel_) {
        answer = true;
        answered = PortCounter::icmp_unreachable;
    }
    if (answer && answered != PortCounter::arp_answered && !icmp_sent_.take(now)) {
        ++counters[PortCounter::icmp_limited];
        answer = false;
    }
    if (answer && answered == PortCounter::icmp_unreachable)
        answer = net::answer_port_unreachable(*m, local_);
    if (!answer) return rte_pktmbuf_free(m);
    ++counters[send_own(m) ? answered : PortCounter::own_lost];
}

// Drivers that pass pointers (net_ring) deliver chains, and mbufs of other pools that have no
// PacketMeta: the packet is copied into one of ours.
bool EthdevPort::make_linear(std::uint16_t queue, rte_mbuf*& m) {
    rte_mbuf* copy = rte_pktmbuf_copy(m, rx_pool_, 0, UINT32_MAX);
    if (copy == nullptr || copy->nb_segs != 1) {
        rte_pktmbuf_free(copy);
        return false;
    }
    ++counters_[queue][PortCounter::rx_linearised];
    rte_pktmbuf_free(m);
    m = copy;
    return true;
}

bool EthdevPort::send_own(rte_mbuf* m) {
    m->ol_flags = 0;
    if (rte_eth_tx_burst(device_.id(), 0, &m, 1) == 1) return true;
    rte_pktmbuf_free(m);
    return false;
}

TxResult EthdevPort::tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) {
    const std::uint64_t all_bytes = payload_bytes(packets, n);
    std::uint32_t sent;
    if (owns_tx_queue(queue))
        sent = transmit(queue, packets, n);
    else
        sent = rte_ring_enqueue_burst(queues_[queue]->to_send, reinterpret_cast<void**>(packets), n,
                                      nullptr);
    PortCounters& counters = counters_[queue];
    counters[PortCounter::tx_packets] += sent;
    counters[PortCounter::tx_bytes] += all_bytes - payload_bytes(packets + sent, n - sent);
    if (sent < n) {
        ++counters[PortCounter::tx_short];
        if (!owns_tx_queue(queue)) ++counters[PortCounter::tx_handoff_full];
    }
    return {sent, 0};
}

// Of UDP. On a port with both families each frame says how long its header is.
std::uint64_t EthdevPort::payload_bytes(rte_mbuf* const* packets, std::uint32_t n) const {
    const std::uint16_t tag = local_.tag_bytes();
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < n; ++i) bytes += packets[i]->pkt_len;
    if (!local_.own.has_v4() || !local_.own.has_v6()) {
        const std::uint16_t head = local_.own.has_v4() ? net::kIpv4HeadBytes : net::kIpv6HeadBytes;
        return bytes - std::uint64_t{n} * (head + tag);
    }
    for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint8_t* frame = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
        const bool v6 = net::get_be16(frame + 12 + tag) == net::kEtherTypeIpv6;
        bytes -= std::uint64_t{tag} + (v6 ? net::kIpv6HeadBytes : net::kIpv4HeadBytes);
    }
    return bytes;
}

std::uint32_t EthdevPort::transmit(std::uint16_t tx_queue, rte_mbuf** packets, std::uint32_t n) {
    std::uint32_t sent = 0;
    while (sent < n) {
        const auto burst = static_cast<std::uint16_t>(std::min(n - sent, 0xffffu));
        const std::uint16_t taken = rte_eth_tx_burst(device_.id(), tx_queue, packets + sent, burst);
        sent += taken;
        if (taken < burst) break;
    }
    return sent;
}

// Worker 0, for those without a transmit queue: at most one burst each per call.
void EthdevPort::send_for_others() {
    for (std::uint16_t w = device_.tx_queues(); w < config_.workers; ++w) {
        Queue& queue = *queues_[w];
        if (queue.sending_from == queue.sending_to) {
            queue.sending_from = 0;
            queue.sending_to = rte_ring_dequeue_burst(
                queue.to_send, reinterpret_cast<void**>(queue.sending.data()), kBurst, nullptr);
        }
        queue.sending_from += transmit(0, queue.sending.data() + queue.sending_from,
                                       queue.sending_to - queue.sending_from);
    }
}

Port::DeviceDrops EthdevPort::device_drops() const {
    rte_eth_stats stats{};
    rte_eth_stats_get(device_.id(), &stats);
    return {stats.imissed, stats.ierrors, stats.rx_nombuf};
}

int EthdevPort::wait_descriptor(std::uint16_t queue) const {
    return queue == 0 ? device_.wait_descriptor() : -1;
}

net::EthernetContext* EthdevPort::ethernet(std::uint16_t queue) { return &queues_[queue]->context; }

}  // namespace strata::dataplane
