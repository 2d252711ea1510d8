#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace strata::dataplane {

// What a port counts, per queue. Every received frame ends in `delivered` or in exactly one of the
// counters between consumed_first and consumed_last; `handed_off` ones are delivered on another
// queue. Sums of all queues: frames = delivered + consumed.
enum class PortCounter : std::uint8_t {
    rx_frames,      // taken from the device or socket
    rx_bytes,       // of them, as the device counts
    rx_delivered,   // given to a worker by rx_burst
    rx_linearised,  // arrived as a chain and were copied into one mbuf (invariant 1)
    // Consumed: a received frame that no worker sees ends in exactly one of these.
    rx_truncated,     // longer than an mbuf, or shorter than its headers say
    rx_not_for_us,    // Ethernet, VLAN or IP destination isn't ours
    rx_unknown_type,  // neither ARP, IPv4 nor IPv6; neither UDP nor ICMP
    rx_bad_header,    // version, lengths, IPv4 header checksum
    rx_fragment,      // IPv4 or IPv6 fragment
    rx_unknown_port,  // UDP port that no worker owns
    rx_arp,           // ARP and neighbour discovery
    rx_icmp,          // echo requests answered and everything else of ICMP
    rx_handoff_full,  // the ring to the packet's home worker was full
    // Beside the equation.
    rx_steered,      // delivered as the device brought them: to its rule's or its hash's queue
    rx_handed_off,   // passed on by a ring to their home worker, or to worker 0 what isn't media
    rx_misdirected,  // of them and of rx_handoff_full, what the device should have steered
    rx_no_mbuf,      // a receive call was shortened by an empty pool
    rx_errors,       // the receive call failed
    arp_answered,    // requests and solicitations answered
    arp_requests,    // requests and solicitations sent
    announcements,  // of our own address: at start, when the link comes up, when somebody claims it
    neighbours_moved,          // next hops that are at another MAC address than before
    neighbour_claims_refused,  // that said so of one that is where it was
    address_conflicts,         // messages of somebody who claims our address
    icmp_answered,             // echo requests
    icmp_unreachable,          // UDP to a port that no worker owns: its sender was told
    icmp_limited,              // neither answered nor followed: more ICMP than limits.icmp_per_s
    icmp_errors,               // messages of the network about datagrams from a worker's UDP port
    listener_reports,          // MLD: when the link comes up, and to queries
    own_lost,  // answers, requests and announcements of ours: no buffer, or the device took no more
    // Beside the equation too: of the consumed ones, what the kernel got (exception path).
    to_kernel_tcp,
    to_kernel_udp,
    to_kernel_icmp,
    to_kernel_neighbour,
    to_kernel_other,
    to_kernel_limited_tcp,  // more than limits.kernel_tcp_per_s, and so on
    to_kernel_limited_udp,
    to_kernel_limited_icmp,
    to_kernel_limited_neighbour,
    to_kernel_limited_other,
    to_kernel_full,    // it didn't take them fast enough
    from_kernel,       // frames that it sent and that left
    from_kernel_lost,  // no buffer, or the device took no more
    // Of its routes that media can't follow, or not by all next hops, each time it names one. Main
    // thread.
    kernel_routes_refused,
    // Transmit: of what tx_burst and hold took, each is sent, an error, or held and later one of
    // hold_sent, hold_dropped, hold_too_large or hold_no_route.
    tx_packets,       // UDP datagrams given to the device or kernel
    tx_bytes,         // of them, UDP payload
    tx_errors,        // refused by the device or kernel for good
    tx_short,         // bursts that were taken in part
    tx_handoff_full,  // ring to the worker that owns the device's queue was full
    gso_messages,     // messages that carried more than one datagram
    gso_datagrams,    // datagrams in them
    gso_refused,      // messages that the kernel refused and that went out one by one
    hold_sent,        // waited for a neighbour's address and were sent
    hold_dropped,     // waited in vain
    hold_too_large,   // more than the path to their destination takes
    hold_no_route,    // no route leads to their destination: never held
    kCount
};

constexpr std::size_t kPortCounters = static_cast<std::size_t>(PortCounter::kCount);
constexpr PortCounter kConsumedFirst = PortCounter::rx_truncated;
constexpr PortCounter kConsumedLast = PortCounter::rx_handoff_full;

// Has one writer and any number of readers: adding is a plain load and store.
class PortCount {
  public:
    operator std::uint64_t() const { return value_.load(std::memory_order_relaxed); }
    void operator+=(std::uint64_t n) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void operator++() { *this += 1; }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// Single writer of each: the worker of that queue, but for what the main thread counts.
struct alignas(64) PortCounters {
    std::array<PortCount, kPortCounters> values{};

    PortCount& operator[](PortCounter c) { return values[static_cast<std::size_t>(c)]; }
    std::uint64_t operator[](PortCounter c) const { return values[static_cast<std::size_t>(c)]; }
    // Received frames that ended in the port.
    std::uint64_t consumed() const {
        std::uint64_t sum = 0;
        for (auto c = static_cast<std::size_t>(kConsumedFirst);
             c <= static_cast<std::size_t>(kConsumedLast); ++c)
            sum += values[c];
        return sum;
    }
};

// "rx_frames": stable names for statistics.
std::string_view name(PortCounter counter);
std::span<const std::string_view, kPortCounters> port_counter_names();

}  // namespace strata::dataplane
