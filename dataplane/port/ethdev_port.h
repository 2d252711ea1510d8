#pragma once

#include <rte_ring.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "dataplane/net/ingress.h"
#include "dataplane/net/kernel_routes.h"
#include "dataplane/net/learned_routes.h"
#include "dataplane/net/local_net.h"
#include "dataplane/net/multicast_listener.h"
#include "dataplane/net/neighbour_table.h"
#include "dataplane/port/ethdev_device.h"
#include "dataplane/port/held_packets.h"
#include "dataplane/port/kernel_link.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/spsc_ring.h"
#include "relay/ice/rate_limit.h"

namespace strata::dataplane {

// A DPDK device with IP addresses of ours on it: a host, for IPv4, IPv6 or both.
//
// Where the device can bring each worker the datagrams to its UDP port (rules, or RSS over that
// port alone), each worker has a receive queue; else worker 0 has the only one. Whatever a queue
// brings that isn't its worker's goes on by a ring: a datagram to the worker whose UDP port it
// names, all else to worker 0, which is the host on the wire. Each worker has a transmit queue of
// its own where the driver has as many, else worker 0 sends for the others from a ring each.
// Overflows are counted (rx_handoff_full, tx_short).
class EthdevPort final : public Port {
  public:
    EthdevPort(std::string spec, const EthdevSpec& ethdev, EthdevDevice device,
               const PortConfig& config);
    ~EthdevPort() override;

    std::expected<void, PortError> start(const Pools& pools) override;
    Endpoint local_endpoint(std::uint16_t queue) const override;
    std::uint16_t rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                           relay::TimeUs now) override;
    TxResult tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) override;
    std::uint32_t hold(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n,
                       relay::TimeUs now) override;
    std::uint32_t held(std::uint16_t queue) const override;
    std::uint32_t newest_held(std::uint16_t queue) const override {
        return queues_[queue]->held.newest();
    }
    HeldFate held_fate(std::uint16_t queue, std::uint32_t number) const override {
        return queues_[queue]->held.fate(number);
    }
    LinkState make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) override;
    LinkState make_answer_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) override;
    void release_link(std::span<const std::byte, kLinkBytes> link) override;
    bool has_route(std::span<const std::byte, kLinkBytes> link) const override;
    bool next_path_mtu(std::uint16_t queue, PathMtu& path) override;
    bool limit_path(const PathMtu& path, relay::TimeUs now) override;
    std::uint32_t routes_generation() const override { return learned_routes_.generation(); }
    api::HostTables host_tables(relay::TimeUs now) override;
    void poll_slow(std::uint16_t queue, relay::TimeUs now) override;
    int wait_descriptor(std::uint16_t queue) const override;
    void watch_link() override;
    DeviceDrops device_drops() const override;
    KernelLink* kernel_link() override { return kernel_ ? &*kernel_ : nullptr; }
    bool link_up() const override { return link_up_; }
    SteeringReport steering() const override { return device_.steering(); }
    PayloadReport payload() const override { return device_.payload(); }
    net::EthernetContext* ethernet(std::uint16_t queue) override;

    // What an answer of the network's does: fills in the MAC of a next hop that a link waits for.
    bool learn(const IpAddress& hop, const net::MacAddress& mac, relay::TimeUs now) {
        return neighbours_.learn(hop, mac, now) != net::NeighbourTable::Learned::nothing;
    }
    // What a change of the kernel's routes does. Main thread.
    void use_routes(std::vector<net::Route> routes) { learned_routes_.replace(std::move(routes)); }
    std::uint16_t device_id() const { return device_.id(); }
    const net::LocalNet& local() const { return local_; }

  private:
    static constexpr std::uint16_t kBurst = 64;
    static constexpr std::uint32_t kLeastRing = 64;  // places
    static constexpr std::size_t kPathMtus = 64;     // said, and not yet taken by the worker

    struct Queue {
        Queue(const PortConfig& config, const net::NeighbourTable& neighbours)
            : held({config.held_packets, neighbours.capacity(), config.hold_us}) {}
        net::EthernetContext context;
        HeldPackets held;
        std::vector<rte_ring*> handed;  // by each worker with a receive queue → this one
        std::size_t next_handed = 0;    // whose turn it is
        rte_ring* to_send = nullptr;    // this one → worker 0
        // Taken from `to_send`, not yet by the device.
        std::array<rte_mbuf*, kBurst> sending{};
        std::uint32_t sending_from = 0, sending_to = 0;
        SpscRing<PathMtu> path_mtus{kPathMtus};  // worker 0 → this one
    };

    // ethdev_handoff.cc
    std::expected<void, PortError> make_rings();
    std::uint16_t take_handed(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                              relay::TimeUs now);
    bool accept_elsewhere(std::uint16_t queue, rte_mbuf* m, relay::TimeUs now);
    void hand_off(std::uint16_t from, rte_mbuf* m, std::uint16_t to);

    // ethdev_kernel.cc
    std::expected<void, PortError> make_kernel_link();
    void follow_kernel_routes();
    void give_to_kernel(const rte_mbuf& m, net::Punt kind, relay::TimeUs now);
    void send_from_kernel();
    bool send_from_kernel(std::span<const std::uint8_t> frame);

    std::uint16_t receive(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                          relay::TimeUs now);
    bool accept(rte_mbuf* m, relay::TimeUs now);
    void take_note(const net::Ingress& in, const FlowKey& flow, relay::TimeUs now);
    void end_here(rte_mbuf* m, const net::Ingress& in, relay::TimeUs now);
    bool make_linear(std::uint16_t queue, rte_mbuf*& m);
    bool send_own(rte_mbuf* m);
    bool owns_tx_queue(std::uint16_t queue) const;
    std::uint32_t transmit(std::uint16_t tx_queue, rte_mbuf** packets, std::uint32_t n);
    std::uint64_t payload_bytes(rte_mbuf* const* packets, std::uint32_t n) const;
    void send_for_others();
    LinkState write_link(const FlowKey& flow, std::optional<std::uint16_t> neighbour,
                         std::span<std::byte, kLinkBytes> link) const;
    bool drop_without_route(std::uint16_t queue, rte_mbuf* m);
    bool hold_limited(std::uint16_t queue, rte_mbuf* m, relay::TimeUs now);
    void release_held(std::uint16_t queue, relay::TimeUs now);
    void announce(relay::TimeUs now);
    void announce(const IpAddress& address);
    void report_groups(net::ReportRecord type, relay::TimeUs now);
    void ask(const net::NeighbourTable::Request& request);
    void learn(const net::Ingress& in, relay::TimeUs now);
    void ask_neighbours(relay::TimeUs now);
    template <typename Write>
    void send_written(PortCounter sent, Write write);

    EthdevDevice device_;
    net::LocalNet local_;
    EthdevSpec ethdev_;
    net::NeighbourTable neighbours_;
    rte_mempool* rx_pool_ = nullptr;
    rte_mempool* header_pool_ = nullptr;
    std::vector<std::unique_ptr<Queue>> queues_;
    std::vector<rte_ring*> rings_;  // [from × workers + to]; null: nothing goes that way
    bool steers_ = false;           // the device brings packets to their workers
    std::optional<KernelLink> kernel_;
    std::vector<net::KernelRoutes> kernel_routes_;  // one of each family; main thread
    net::LearnedRoutes learned_routes_;
    relay::TimeUs next_round_us_ = 0;
    // Worker 0's.
    relay::RateLimit icmp_sent_, icmp_followed_;
    unsigned announcements_left_ = 0;
    relay::TimeUs next_announcement_us_ = 0;
    relay::TimeUs next_defence_us_ = 0;
    unsigned reports_left_ = 0;  // unasked
    bool groups_asked_for_ = false;
    relay::TimeUs next_report_us_ = 0;
    relay::TimeUs old_querier_until_us_ = 0;  // MLD version 1 is spoken
    std::atomic<bool> came_up_{true};         // main thread → worker 0
    bool link_up_ = false;                    // main thread
    bool link_was_up_ = false;                // likewise
};

}  // namespace strata::dataplane
