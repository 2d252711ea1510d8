#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/api/host_tables.h"
#include "dataplane/net/own_addresses.h"
#include "dataplane/port/flow_key.h"
#include "dataplane/port/held_fate.h"
#include "dataplane/port/kernel_rates.h"
#include "dataplane/port/packet_meta.h"
#include "dataplane/port/payload_report.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/port_counters.h"
#include "dataplane/port/port_error.h"
#include "dataplane/port/steering.h"
#include "dataplane/port/tx_class.h"
#include "relay/rtp/types.h"

// The seam between a worker and whatever carries its packets. One virtual call per burst, none per
// packet: what is done per packet depends on LinkKind and is inlined into the fan-out.
namespace strata::dataplane {

namespace net {
struct EthernetContext;
}
class KernelLink;

// What a port wants in front of the RTP header, and how ReceiverSlot::link describes it.
enum class LinkKind : std::uint8_t {
    flow_key,        // FlowKey as is (in-process port)
    socket_address,  // kernel socket address (net/socket_link.h)
    ethernet,        // Ethernet, IPv4/IPv6 and UDP header template (net/ethernet_link.h)
};

constexpr std::size_t kLinkBytes = 64;
// The last byte is the worker's: which of its ports made the link.
constexpr std::size_t kLinkPortByte = kLinkBytes - 1;
using Link = std::array<std::byte, kLinkBytes>;

enum class LinkState : std::uint8_t {
    ready,
    resolving,    // usable: packets are held, bounded, until the next hop has answered
    unreachable,  // no route leads there: what is sent is dropped at once (hold_no_route)
    refused,  // wrong family, or the neighbour table is full: nothing was written. Or not now: the
              // routes are being changed, and routes_generation() comes right behind
};

struct PortCapabilities {
    LinkKind link_kind = LinkKind::flow_key;
    bool chains = true;              // false: FanOut copies each packet into one mbuf, counted
    std::uint16_t max_segments = 2;  // of a chain
    bool checksum_offload = false;   // IPv4 header and UDP checksums are filled in by the device
    bool through_kernel = false;     // every packet is copied once by the kernel
    // Packets worth a tx_burst before the end of the turn. Large where a port regroups what it
    // sends.
    std::uint32_t tx_batch = 64;
    std::uint16_t mtu_bytes = 1'500;           // of IP packets
    std::uint16_t max_datagram_bytes = 1'472;  // UDP payload, to whom it may be largest
    bool wants_class = false;  // class_of each packet given to tx_burst says what it is worth
    // Flows are connections (ICE-TCP): they end, see next_closed, and no address is told for them.
    bool connections = false;
    // Port::poll_slow wants to be called at least this often, in microseconds; 0: it does nothing.
    std::uint32_t slow_poll_us = 0;
};

// How many mbufs a started port may hold at once, for sizing pools (PoolConfig).
struct PortNeeds {
    std::uint32_t rx_mbufs = 0;      // receive rings and hand-off rings
    std::uint32_t tx_mbufs = 0;      // transmit rings, hand-off rings, held packets
    std::uint32_t linear_mbufs = 0;  // of tx_mbufs, whole packets, where chains can't be sent
};

struct PortConfig {
    std::uint16_t index = 0;          // PacketMeta::port_index
    std::uint16_t workers = 1;        // queues 0..workers-1, one per worker
    std::uint16_t base_udp_port = 0;  // worker w owns base + w; 0: the kernel chooses (socket only)
    std::uint16_t rx_ring = 1'024;    // descriptors per device queue
    std::uint16_t tx_ring = 1'024;
    bool udp_checksum = true;                     // false: 0 on IPv4, never on IPv6
    bool gso = true;                              // socket: UDP_SEGMENT where the kernel has it
    std::uint32_t socket_buffer_bytes = 4 << 20;  // asked of the kernel, each way
    std::uint32_t neighbours = 1'024;             // ethdev: next hops remembered
    std::uint32_t held_packets = 256;             // ethdev, per queue: waiting for a neighbour
    relay::TimeUs hold_us = 1'000'000;
    std::uint32_t icmp_per_s = 1'000;  // ethdev: messages sent, and those followed, each
    KernelRates kernel_rates;          // ethdev with kernel=
    std::uint32_t kernel_frames = 512;
    std::uint32_t kernel_routes = 1'024;
    std::uint32_t handoff_ring = 2'048;  // between workers, per direction; a power of two
};

// How far a burst went. Packets [0, sent + dropped) of the array belong to the port afterwards; the
// rest stay with the caller. A port may reorder the array (packets to one destination keep their
// order among themselves).
struct TxResult {
    std::uint32_t sent = 0;
    std::uint32_t dropped = 0;  // refused for good: PortCounter::tx_errors
    std::uint32_t taken() const { return sent + dropped; }
};

// Of a flow that is a connection: classes above `uppermost` are left out until further notice,
// since its peer takes what it is sent too slowly.
struct SlowPeer {
    FlowKey flow{};
    TxClass uppermost = kHighestTxClass;
};

// What the path to a flow's remote address takes, as a router on it says.
struct PathMtu {
    FlowKey flow{};
    std::uint16_t mtu = 0;  // IP bytes
};

// Thread: opened, started and destroyed on the main thread; queue q is used by worker q alone.
class Port {
  public:
    virtual ~Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    const PortCapabilities& capabilities() const { return capabilities_; }
    const PortNeeds& needs() const { return needs_; }
    const PortConfig& config() const { return config_; }
    // As configured: "socket:127.0.0.1".
    const std::string& spec() const { return spec_; }
    // The largest UDP payload to `remote`, over a path that takes IP packets of `path_mtu_bytes`.
    // A connection cuts what it carries into pieces as its path wants them.
    std::uint16_t max_datagram_bytes(const IpAddress& remote, std::uint16_t path_mtu_bytes) const;

    // Binds or configures queues and lets traffic in. Once, before the first burst; `pools` must
    // outlive the port.
    virtual std::expected<void, PortError> start(const Pools& pools) = 0;

    // Where worker `queue` receives, by the first address: what signalling tells a client. Valid
    // after start.
    virtual Endpoint local_endpoint(std::uint16_t queue) const = 0;
    // All addresses at which it receives, with the same UDP port. None: flows are connections.
    const net::OwnAddresses& addresses() const { return addresses_; }

    // Up to `n` packets, each linear, its data being the UDP payload, PacketMeta filled. Everything
    // else (ARP, ICMP, fragments, other hosts' packets) is consumed and counted. Never blocks.
    virtual std::uint16_t rx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint16_t n,
                                   relay::TimeUs now) = 0;

    // Sends packets that begin with what `link_kind` asks for. A short return is normal.
    virtual TxResult tx_burst(std::uint16_t queue, rte_mbuf** packets, std::uint32_t n) = 0;

    // Takes packets whose neighbour isn't resolved yet, up to the first one that there is no room
    // for. Returns how many were taken; they end in one of PortCounter's hold_…. The rest stay with
    // the caller: behind that one others may have room.
    virtual std::uint32_t hold(std::uint16_t, rte_mbuf**, std::uint32_t, relay::TimeUs) {
        return 0;
    }
    // Packets held now.
    virtual std::uint32_t held(std::uint16_t) const { return 0; }

    // For captures: the number of the packet held last, and what has become of one, as long as it
    // is asked about once per turn.
    virtual std::uint32_t newest_held(std::uint16_t) const { return 0; }
    virtual HeldFate held_fate(std::uint16_t, std::uint32_t) const { return HeldFate::sent; }

    // Fills `link` for packets from flow.local to flow.remote. A local address that isn't one of
    // the port's of that family gives way to the one that fits (OwnAddresses::towards), a zero
    // local port to that of worker 0. Main thread or any worker. Each one that isn't
    // refused is given back by release_link.
    virtual LinkState make_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) = 0;
    // The same for an answer to somebody who has not proved to be a peer: refused where the next
    // hop has no address yet, so that forged senders are neither remembered nor waited for.
    virtual LinkState make_answer_link(const FlowKey& flow, std::span<std::byte, kLinkBytes> link) {
        return make_link(flow, link);
    }
    virtual void release_link(std::span<const std::byte, kLinkBytes>) {}
    // False: it is unreachable, until its link is made anew.
    virtual bool has_route(std::span<const std::byte, kLinkBytes>) const { return true; }

    // Another number when links may lead elsewhere than when they were made: they are made anew.
    virtual std::uint32_t routes_generation() const { return 0; }

    // What routers say of paths; true for each. Whoever has such a flow says so by limit_path and
    // makes its link anew: what is larger is dropped from then on (hold_too_large).
    virtual bool next_path_mtu(std::uint16_t, PathMtu&) { return false; }
    // False: there is no room for it.
    virtual bool limit_path(const PathMtu&, relay::TimeUs) { return false; }

    // What it knows of its network; empty where there is no Ethernet. Main thread.
    virtual api::HostTables host_tables(relay::TimeUs) { return {}; }

    // Housekeeping: resolution, timeouts, hand-off. Bounded work; call once per turn or at least
    // every slow_poll_us.
    virtual void poll_slow(std::uint16_t, relay::TimeUs) {}

    // Where flows are connections: one that has ended since, and won't deliver anything more.
    virtual bool next_closed(std::uint16_t, FlowKey&) { return false; }
    // The same: one whose peer has become slower or faster.
    virtual bool next_slow(std::uint16_t, SlowPeer&) { return false; }

    // File descriptor that becomes readable when the queue has packets, or -1: an idle worker may
    // wait on it.
    virtual int wait_descriptor(std::uint16_t) const { return -1; }

    // Main thread, about ten times a second: what a worker may not ask a driver for.
    virtual void watch_link() {}
    // The same: what the device dropped before a worker saw it, since the start.
    struct DeviceDrops {
        std::uint64_t missed = 0;     // the receive ring, or the socket's buffer, was full
        std::uint64_t errors = 0;     // damaged, or larger than a buffer
        std::uint64_t no_buffer = 0;  // the pool was empty
    };
    virtual DeviceDrops device_drops() const { return {}; }
    // As of the last watch_link. A port without a link is always up.
    virtual bool link_up() const { return true; }

    // How packets come to their workers, as of the last watch_link. After start.
    virtual SteeringReport steering() const { return {}; }

    // What becomes of payloads that are sent by it, for people.
    virtual PayloadReport payload() const {
        if (capabilities_.through_kernel)
            return {api::PayloadPath::copied_by_kernel, "each packet goes through a socket"};
        if (!capabilities_.chains)
            return {api::PayloadPath::linearised, "the port sends no chains"};
        return {};
    }

    // Where frames for the kernel wait, and those from it; null: there is no such way. After start.
    virtual KernelLink* kernel_link() { return nullptr; }

    // What LinkKind::ethernet needs per packet; null for other kinds.
    virtual net::EthernetContext* ethernet(std::uint16_t) { return nullptr; }

    const PortCounters& counters(std::uint16_t queue) const { return counters_[queue]; }

  protected:
    Port(std::string spec, const PortConfig& config);

    PortCapabilities capabilities_;
    PortNeeds needs_;
    PortConfig config_;
    std::string spec_;
    net::OwnAddresses addresses_;
    std::vector<PortCounters> counters_;  // per queue
};

// Opens a port by its configured name. EAL must be initialised; devices are made by it (vdev) or
// must have been allowed by eal_device_arguments (PCI). Not started yet.
//   memory                              in-process, for replay and benchmarks (memory_port.h)
//   socket:ADDRESS                      kernel UDP; IPv4 or IPv6, not a wildcard
//   DEVICE[,devargs][;key=value]…       a DPDK virtual device: net_tap0,iface=dtk1
//   pci:0000:3b:00.0[,devargs][;key=value]…
// keys: address=10.0.0.1/24 (one to OwnAddresses::kMost, IPv4 and IPv6), gateway=10.0.0.254 (one of
// each IP version), route=10.9.0.0/16 via 10.0.0.253 (any number), kernel=strata0 (an interface
// that mirrors the port), vlan=1..4094, mtu=1500, mac=02:…, steering=auto|flow|rss|ring
std::expected<std::unique_ptr<Port>, PortError> open_port(std::string_view spec,
                                                          const PortConfig& config);

// Checks a port's name without opening anything. Empty: fine.
std::expected<void, PortError> check_port_spec(std::string_view spec);

// EAL arguments for a set of ports: "--no-pci", or "-a" for each PCI device named.
std::vector<std::string> eal_device_arguments(std::span<const std::string> specs);

}  // namespace strata::dataplane
