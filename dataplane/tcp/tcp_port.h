#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/port/port.h"
#include "dataplane/tcp/tcp_flow.h"
#include "dataplane/worker/doorbell.h"
#include "dataplane/worker/spsc_ring.h"

namespace strata::dataplane {

// Between one worker and the thread that serves the connections (TcpServer).
class TcpLane {
  public:
    TcpLane(std::uint32_t ring, std::uint32_t connections)
        : received(ring),
          closed(connections),
          slow(connections),
          to_send(ring),
          claims_(connections) {}

    // From the thread to the worker: datagrams with PacketMeta::flow filled, flows that ended, and
    // what slow peers still take.
    SpscRing<rte_mbuf*> received;
    SpscRing<FlowKey> closed;
    SpscRing<SlowPeer> slow;
    Doorbell worker_bell;
    // From the worker to the thread: datagrams behind their FlowKey.
    SpscRing<rte_mbuf*> to_send;

    // Worker: one link more or less leads to the connection. The last one that goes leaves it
    // unclaimed, and so does a newer connection at the same index.
    void claim(TcpHandle handle) { set(handle, links(handle) + 1); }
    void disclaim(TcpHandle handle) {
        if (links(handle) != 0) set(handle, links(handle) - 1);
    }
    // Any thread: a session uses the connection.
    bool claimed(TcpHandle handle) const { return links(handle) != 0; }

  private:
    // generation (32 bits) | links (32)
    std::uint32_t links(TcpHandle handle) const {
        const std::uint64_t claim = claims_[handle.index].load(std::memory_order_acquire);
        return claim >> 32 == handle.generation ? static_cast<std::uint32_t>(claim) : 0;
    }
    void set(TcpHandle handle, std::uint32_t links) {
        claims_[handle.index].store(std::uint64_t{handle.generation} << 32 | links,
                                    std::memory_order_release);
    }
    std::vector<std::atomic<std::uint64_t>> claims_;  // by the connections' indexes
};

// TCP connections of WebRTC peers (RFC 6544) as a port: each one is a flow (tcp_flow.h), and what
// its peer sent in RFC 4571 frames comes out as datagrams. The worker's end; TcpServer does the
// rest on a thread of its own. Never makes a link to a connection that is gone.
class TcpPort final : public Port {
  public:
    // At most `connections` at once.
    TcpPort(const PortConfig& config, std::uint32_t connections);
    ~TcpPort() override;

    std::expected<void, PortError> start(const Pools& pools) override;
    // None: connections have what addresses TcpServer listens at.
    Endpoint local_endpoint(std::uint16_t queue) const override;
    std::uint16_t rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                           relay::TimeUs now) override;
    TxResult tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) override;
    LinkState make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) override;
    void release_link(std::span<const std::byte, kLinkBytes> link) override;
    bool next_closed(std::uint16_t queue, FlowKey& flow) override;
    bool next_slow(std::uint16_t queue, SlowPeer& peer) override;
    int wait_descriptor(std::uint16_t queue) const override;

    // For the thread that serves the connections.
    TcpLane& lane(std::uint16_t queue) { return *lanes_[queue]; }
    Doorbell& bell() { return bell_; }
    std::uint32_t connections() const { return static_cast<std::uint32_t>(open_.size()); }
    // The connection is open from now on and belongs to worker `queue`; or it isn't any more.
    void set_open(TcpHandle handle, std::uint16_t queue);
    void set_closed(TcpHandle handle);

  private:
    std::vector<std::unique_ptr<TcpLane>> lanes_;
    std::vector<std::atomic<std::uint64_t>> open_;  // generation (32 bits) | queue; 0: none
    Doorbell bell_;
};

}  // namespace strata::dataplane
