#include "dataplane/tcp/tcp_port.h"

#include <cstring>

namespace strata::dataplane {
namespace {

// Not limited by a path's MTU; what receivers of other ports get as well is.
constexpr std::uint16_t kMaxDatagramBytes = 1'500;
constexpr std::size_t kQueueAt = sizeof(FlowKey);  // in the link: the worker that made it

TcpHandle handle_in(std::span<const std::byte, kLinkBytes> link) {
    FlowKey flow;
    std::memcpy(&flow, link.data(), sizeof flow);
    return tcp_handle_of(flow).value_or(TcpHandle{});
}

}  // namespace

TcpPort::TcpPort(const PortConfig& config, std::uint32_t connections)
    : Port("tcp", config), open_(connections) {
    capabilities_.link_kind = LinkKind::flow_key;
    capabilities_.max_segments = 4;
    capabilities_.through_kernel = true;
    capabilities_.tx_batch = 1'024;
    capabilities_.max_datagram_bytes = kMaxDatagramBytes;
    capabilities_.wants_class = true;
    capabilities_.connections = true;
    for (std::uint16_t w = 0; w < config.workers; ++w)
        lanes_.push_back(std::make_unique<TcpLane>(config.handoff_ring, connections));
    needs_.rx_mbufs = needs_.tx_mbufs = std::uint32_t{config.workers} * config.handoff_ring;
}

TcpPort::~TcpPort() {
    rte_mbuf* m;
    for (const auto& lane : lanes_) {
        while (lane->received.pop(m)) rte_pktmbuf_free(m);
        while (lane->to_send.pop(m)) rte_pktmbuf_free(m);
    }
}

std::expected<void, PortError> TcpPort::start(const Pools&) { return {}; }

Endpoint TcpPort::local_endpoint(std::uint16_t) const { return {}; }

std::uint16_t TcpPort::rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                relay::TimeUs now) {
    TcpLane& lane = *lanes_[queue];
    PortCounters& counters = counters_[queue];
    lane.worker_bell.answer();
    std::uint16_t count = 0;
    while (count < n && lane.received.pop(packets[count])) {
        PacketMeta& about = meta(packets[count]);
        about.queue = queue;
        about.port_index = config_.index;
        about.received_us = now;
        counters[PortCounter::rx_bytes] += packets[count++]->pkt_len;
    }
    counters[PortCounter::rx_frames] += count;
    counters[PortCounter::rx_delivered] += count;
    return count;
}

TxResult TcpPort::tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) {
    TcpLane& lane = *lanes_[queue];
    PortCounters& counters = counters_[queue];
    std::uint32_t taken = 0;
    std::uint64_t bytes = 0;
    for (; taken < n && !lane.to_send.full(); ++taken) {
        // Before it is given away.
        bytes += packets[taken]->pkt_len - sizeof(FlowKey);
        lane.to_send.push(packets[taken]);
    }
    if (taken != 0) bell_.ring();
    counters[PortCounter::tx_packets] += taken;
    counters[PortCounter::tx_bytes] += bytes;
    if (taken < n) ++counters[PortCounter::tx_short];
    return {taken, 0};
}

LinkState TcpPort::make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
    const auto handle = tcp_handle_of(flow);
    if (!handle || handle->index >= open_.size()) return LinkState::refused;
    const std::uint64_t open = open_[handle->index].load(std::memory_order_acquire);
    if (open == 0 || open >> 32 != handle->generation) return LinkState::refused;
    const auto queue = static_cast<std::uint16_t>(open);
    lanes_[queue]->claim(*handle);
    std::memset(link.data(), 0, link.size());
    std::memcpy(link.data(), &flow, sizeof flow);
    std::memcpy(link.data() + kQueueAt, &queue, sizeof queue);
    return LinkState::ready;
}

void TcpPort::release_link(std::span<const std::byte, kLinkBytes> link) {
    std::uint16_t queue;
    std::memcpy(&queue, link.data() + kQueueAt, sizeof queue);
    lanes_[queue]->disclaim(handle_in(link));
}

bool TcpPort::next_closed(std::uint16_t queue, FlowKey& flow) {
    return lanes_[queue]->closed.pop(flow);
}

bool TcpPort::next_slow(std::uint16_t queue, SlowPeer& peer) {
    return lanes_[queue]->slow.pop(peer);
}

int TcpPort::wait_descriptor(std::uint16_t queue) const { return lanes_[queue]->worker_bell.fd(); }

void TcpPort::set_open(TcpHandle handle, std::uint16_t queue) {
    open_[handle.index].store(std::uint64_t{handle.generation} << 32 | queue,
                              std::memory_order_release);
}

void TcpPort::set_closed(TcpHandle handle) {
    open_[handle.index].store(0, std::memory_order_release);
}

}  // namespace strata::dataplane
