#pragma once

#include <memory>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/port/socket_queue.h"
#include "dataplane/port/wide_count.h"

namespace strata::dataplane {

// Kernel UDP, one socket per worker: no root, no hugepages, no card. Errors that the network causes
// (ICMP unreachable, no route) cost a counter and nothing else.
class SocketPort final : public Port {
  public:
    // `address` is the one all sockets are bound to.
    SocketPort(std::string spec, const IpAddress& address, const PortConfig& config);

    std::expected<void, PortError> start(const Pools& pools) override;
    Endpoint local_endpoint(std::uint16_t queue) const override;
    std::uint16_t rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                           relay::TimeUs now) override;
    TxResult tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) override;
    LinkState make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) override;
    int wait_descriptor(std::uint16_t queue) const override;
    void watch_link() override;
    DeviceDrops device_drops() const override;

  private:
    IpAddress address_;
    std::vector<std::unique_ptr<SocketQueue>> queues_;
    std::vector<WideCount> missed_;  // of each queue; main thread
};

}  // namespace strata::dataplane
