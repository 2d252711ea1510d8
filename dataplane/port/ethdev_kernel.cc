#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "dataplane/net/frame.h"
#include "dataplane/port/ethdev_port.h"

// The exception path: what comes to our addresses and isn't ours goes to the kernel, and what the
// kernel sends from them leaves by this port.
namespace strata::dataplane {

namespace {

constexpr int kFramesPerTurn = 32;      // of the kernel's, so that media has its turn
constexpr std::size_t kAddresses = 12;  // two MAC addresses in front of a tag

PortCounter counter_of(PortCounter first, net::Punt kind) {
    return static_cast<PortCounter>(static_cast<std::size_t>(first) +
                                    static_cast<std::size_t>(kind) -
                                    static_cast<std::size_t>(net::Punt::tcp));
}
static_assert(static_cast<std::size_t>(PortCounter::to_kernel_other) -
                  static_cast<std::size_t>(PortCounter::to_kernel_tcp) ==
              static_cast<std::size_t>(net::Punt::other) -
                  static_cast<std::size_t>(net::Punt::tcp));

}  // namespace

std::expected<void, PortError> EthdevPort::make_kernel_link() {
    if (ethdev_.kernel.empty()) return {};
    // One buffer holds a frame of the kernel's: it is told of no larger MTU.
    const std::size_t room = rte_pktmbuf_data_room_size(rx_pool_) - RTE_PKTMBUF_HEADROOM;
    const auto mtu = static_cast<std::uint16_t>(
        std::min<std::size_t>(ethdev_.mtu, room - net::kEthernetBytes - net::kVlanBytes));
    auto tap = net::Tap::open(ethdev_.kernel, local_, mtu);
    if (!tap)
        return std::unexpected(PortError{"port-open", spec_,
                                         "kernel=" + ethdev_.kernel + ": " + tap.error(),
                                         "is there another interface of this name, and are you "
                                         "root (CAP_NET_ADMIN)?"});
    kernel_.emplace(std::move(*tap), config_.kernel_rates, config_.kernel_frames, room);
    for (const bool v4 : {true, false}) {
        if (!(v4 ? local_.own.has_v4() : local_.own.has_v6())) continue;
        auto routes =
            net::KernelRoutes::open(ethdev_.kernel, v4, config_.kernel_routes, local_.own.has_v6());
        if (!routes)
            return std::unexpected(PortError{
                "port-open", spec_, "kernel=" + ethdev_.kernel + ": " + routes.error(), {}});
        kernel_routes_.push_back(std::move(*routes));
    }
    return {};
}

void EthdevPort::follow_kernel_routes() {
    bool changed = false;
    for (net::KernelRoutes& routes : kernel_routes_) {
        const std::uint64_t refused = routes.refused();
        changed |= routes.read();
        counters_[0][PortCounter::kernel_routes_refused] += routes.refused() - refused;
    }
    if (!changed) return;
    std::vector<net::Route> all;
    for (const net::KernelRoutes& routes : kernel_routes_)
        std::ranges::copy(routes.routes(), std::back_inserter(all));
    use_routes(std::move(all));
}

void EthdevPort::give_to_kernel(const rte_mbuf& m, net::Punt kind, relay::TimeUs now) {
    const std::span<const std::uint8_t> frame(rte_pktmbuf_mtod(&m, const std::uint8_t*),
                                              m.data_len);
    PortCounters& counters = counters_[0];
    switch (kernel_->give(kind, frame, local_.tag_bytes(), now)) {
        case KernelLink::Given::taken:
            return ++counters[counter_of(PortCounter::to_kernel_tcp, kind)];
        case KernelLink::Given::limited:
            return ++counters[counter_of(PortCounter::to_kernel_limited_tcp, kind)];
        case KernelLink::Given::full: return ++counters[PortCounter::to_kernel_full];
    }
}

void EthdevPort::send_from_kernel() {
    FrameRing& frames = kernel_->from_kernel();
    for (int i = 0; i < kFramesPerTurn; ++i) {
        const auto frame = frames.front();
        if (frame.empty()) return;
        ++counters_[0][send_from_kernel(frame) ? PortCounter::from_kernel
                                               : PortCounter::from_kernel_lost];
        frames.pop();
    }
}

bool EthdevPort::send_from_kernel(std::span<const std::uint8_t> frame) {
    if (frame.size() < net::kEthernetBytes) return false;
    rte_mbuf* m = rte_pktmbuf_alloc(rx_pool_);
    if (m == nullptr) return false;
    const std::uint16_t tag = local_.tag_bytes();
    auto* out = rte_pktmbuf_append(m, static_cast<std::uint16_t>(frame.size() + tag));
    if (out == nullptr) return rte_pktmbuf_free(m), false;
    auto* bytes = reinterpret_cast<std::uint8_t*>(out);
    std::memcpy(bytes, frame.data(), kAddresses);
    if (tag != 0) {
        net::put_be16(bytes + kAddresses, net::kEtherTypeVlan);
        net::put_be16(bytes + kAddresses + 2, local_.vlan);
    }
    std::memcpy(bytes + kAddresses + tag, frame.data() + kAddresses, frame.size() - kAddresses);
    return send_own(m);
}

}  // namespace strata::dataplane
