#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <bit>
#include <string>

#include "dataplane/net/udp_destination.h"
#include "dataplane/port/ethdev_port.h"

// From the worker that received a packet to the one whose it is. Rings to worker 0 carry whole
// frames, those to others the datagrams they are delivered as.
namespace strata::dataplane {

std::expected<void, PortError> EthdevPort::make_rings() {
    const std::uint16_t workers = config_.workers;
    const auto make = [&](std::uint32_t size, const std::string& way) {
        const std::string name =
            "p" + std::to_string(device_.id()) + '.' + std::to_string(config_.index) + way;
        return rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    };
    const std::uint32_t places = std::bit_ceil(std::max(config_.handoff_ring, kLeastRing));
    // All rings to one worker have as many places together.
    const auto sources = std::min<std::uint32_t>(device_.rx_queues(), workers - 1u);
    const std::uint32_t size = std::max(std::bit_floor(places / std::max(sources, 1u)), kLeastRing);
    rings_.assign(std::size_t{workers} * workers, nullptr);
    bool made = true;
    for (std::uint16_t to = 0; to < workers; ++to) {
        Queue& queue = *queues_[to];
        for (std::uint16_t from = 0; from < device_.rx_queues(); ++from) {
            if (from == to) continue;
            rte_ring*& ring = rings_[std::size_t{from} * workers + to];
            ring = make(size, "rx" + std::to_string(from) + '-' + std::to_string(to));
            made &= ring != nullptr;
            queue.handed.push_back(ring);
        }
        if (owns_tx_queue(to)) continue;
        queue.to_send = make(places, "tx" + std::to_string(to));
        made &= queue.to_send != nullptr;
    }
    if (made) return {};
    return std::unexpected(PortError{
        "pool-memory", spec_, std::string("can't make a hand-off ring: ") + rte_strerror(rte_errno),
        "lower dataplane.handoff_ring_packets"});
}

void EthdevPort::hand_off(std::uint16_t from, rte_mbuf* m, std::uint16_t to) {
    PortCounters& counters = counters_[from];
    if (steers_) ++counters[PortCounter::rx_misdirected];
    if (rte_ring_enqueue(rings_[std::size_t{from} * config_.workers + to], m) == 0) {
        ++counters[PortCounter::rx_handed_off];
        return;
    }
    ++counters[PortCounter::rx_handoff_full];
    rte_pktmbuf_free(m);
}

// A frame from the queue of another worker than 0. True: it was a datagram for that worker.
// Otherwise it was handed over.
bool EthdevPort::accept_elsewhere(std::uint16_t queue, rte_mbuf* m, relay::TimeUs now) {
    const auto home = static_cast<std::uint16_t>(net::udp_destination(*m) - local_.first_port);
    if (home == 0 || home >= local_.ports) return hand_off(queue, m, 0), false;
    PacketMeta& about = meta(m);
    const net::Ingress in = net::receive_frame(*m, local_, about.flow);
    // Damaged, or not to us: worker 0 looks at it again.
    if (in.action != net::Ingress::Action::deliver) return hand_off(queue, m, 0), false;
    about.queue = home;
    about.port_index = config_.index;
    about.received_us = now;
    if (home == queue) return true;
    hand_off(queue, m, home);
    return false;
}

// Each of the others has its turn.
std::uint16_t EthdevPort::take_handed(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                      relay::TimeUs now) {
    Queue& q = *queues_[queue];
    std::uint16_t taken = 0;
    for (std::size_t i = 0; i < q.handed.size() && taken < n; ++i) {
        rte_ring* ring = q.handed[q.next_handed];
        q.next_handed = q.next_handed + 1 == q.handed.size() ? 0 : q.next_handed + 1;
        taken += static_cast<std::uint16_t>(rte_ring_dequeue_burst(
            ring, reinterpret_cast<void**>(packets + taken), n - taken, nullptr));
    }
    std::uint16_t count = 0;
    for (std::uint16_t i = 0; i < taken; ++i) {
        rte_mbuf* m = packets[i];
        if (queue == 0 && !accept(m, now)) continue;
        meta(m).queue = queue;
        meta(m).received_us = now;
        packets[count++] = m;
    }
    counters_[queue][PortCounter::rx_delivered] += count;
    return count;
}

}  // namespace strata::dataplane
