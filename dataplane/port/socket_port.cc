#include "dataplane/port/socket_port.h"

#include <cstring>
#include <utility>

#include "dataplane/net/socket_link.h"

namespace strata::dataplane {

namespace {
// UDP payload of a 1,500-byte Ethernet path (C46).
constexpr std::uint16_t kMaxV4Datagram = 1'500 - 20 - 8, kMaxV6Datagram = 1'500 - 40 - 8;
}  // namespace

SocketPort::SocketPort(std::string spec, const IpAddress& address, const PortConfig& config)
    : Port(std::move(spec), config), address_(address) {
    addresses_.add({address, static_cast<std::uint8_t>(address.is_v4() ? 32 : 128)});
    capabilities_.link_kind = LinkKind::socket_address;
    capabilities_.max_segments = 4;
    capabilities_.through_kernel = true;
    capabilities_.tx_batch = SocketBatch::kMaxPackets;
    capabilities_.max_datagram_bytes = address.is_v4() ? kMaxV4Datagram : kMaxV6Datagram;
    needs_.rx_mbufs = std::uint32_t{config.workers} * SocketQueue::kRxBurst;
}

std::expected<void, PortError> SocketPort::start(const Pools& pools) {
    for (std::uint16_t w = 0; w < config_.workers; ++w) {
        const auto port =
            static_cast<std::uint16_t>(config_.base_udp_port == 0 ? 0 : config_.base_udp_port + w);
        const Endpoint endpoint{address_, port};
        auto queue = std::make_unique<SocketQueue>(endpoint, config_, counters_[w]);
        if (const int error = queue->open(pools.rx); error != 0)
            return std::unexpected(PortError{
                "port-open", spec_, "can't bind " + to_string(endpoint) + ": " + strerror(error),
                error == EADDRINUSE ? "choose another dataplane.base_udp_port"
                                    : "name an address that `ip address` shows"});
        queues_.push_back(std::move(queue));
    }
    return {};
}

Endpoint SocketPort::local_endpoint(std::uint16_t queue) const { return queues_[queue]->local(); }

std::uint16_t SocketPort::rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                   relay::TimeUs now) {
    const std::uint16_t count = queues_[queue]->receive(packets, n);
    for (std::uint16_t i = 0; i < count; ++i) {
        PacketMeta& about = meta(packets[i]);
        about.queue = queue;
        about.port_index = config_.index;
        about.received_us = now;
    }
    return count;
}

TxResult SocketPort::tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) {
    return queues_[queue]->send(packets, n);
}

LinkState SocketPort::make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
    if (flow.remote.is_v4() != address_.is_v4() || flow.remote_port == 0) return LinkState::refused;
    net::make_socket_link(flow, link);
    return LinkState::ready;
}

int SocketPort::wait_descriptor(std::uint16_t queue) const { return queues_[queue]->descriptor(); }

// What the kernel has dropped is read here, and not per packet by the workers.
void SocketPort::watch_link() {
    missed_.resize(queues_.size());
    for (std::size_t i = 0; i < queues_.size(); ++i)
        if (const auto drops = queues_[i]->kernel_drops()) missed_[i].see(*drops);
}

Port::DeviceDrops SocketPort::device_drops() const {
    DeviceDrops drops;
    for (const WideCount& missed : missed_) drops.missed += missed.total();
    return drops;
}

}  // namespace strata::dataplane
