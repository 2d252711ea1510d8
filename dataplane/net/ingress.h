#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>

#include "dataplane/net/local_net.h"
#include "dataplane/port/port_counters.h"

namespace strata::dataplane::net {

// What a frame is to the kernel, which answers for everything at our addresses that isn't ours.
enum class Punt : std::uint8_t {
    none,  // damaged, of another VLAN or host, or dealt with here
    tcp,
    udp,
    icmp,
    neighbour,  // ARP, neighbour and router discovery
    other,      // fragments, routing protocols, whatever is sent to groups
    kCount
};
constexpr std::size_t kPunts = static_cast<std::size_t>(Punt::kCount);

// What becomes of a received frame.
struct Ingress {
    enum class Action : std::uint8_t {
        deliver,   // a UDP datagram for a worker: the mbuf is trimmed to its payload
        consumed,  // ends here, see `counter`
        reply,     // ends here, and the mbuf has become a frame to send back
    };
    Action action = Action::consumed;
    PortCounter counter = PortCounter::rx_unknown_type;      // kConsumedFirst..kConsumedLast
    PortCounter reply_counter = PortCounter::icmp_answered;  // of a reply
    std::uint16_t worker = 0;                                // of a delivered one
    // The sender told where it is: worth an entry only if somebody had asked for it.
    bool learned = false;
    bool solicited = false;         // then: an answer to us
    bool overrides = true;          // then: NeighbourTable::Manner
    bool claimed = false;           // somebody wants an address of ours, or asks whether it is free
    bool conflict = false;          // and has it already, as it says
    bool groups_asked_for = false;  // a multicast listener query that is for us
    bool old_querier = false;       // one of MLD version 1, for us or not
    bool icmp_error = false;        // about a datagram of ours, whose flow was filled in
    Punt punt = Punt::none;         // of a consumed one
    std::uint16_t path_mtu = 0;     // then: what its path takes, 0: not said
    IpAddress neighbour;
    MacAddress mac{};
};

// Ethernet, VLAN, ARP, IPv4, IPv6, neighbour discovery, ICMP, UDP: everything in front of a
// datagram. `m` is linear. Fills `flow` of delivered ones. What isn't delivered begins, in our
// VLAN, with the header that the port sends: a priority tag has been removed. A received UDP
// checksum isn't looked at: virtual links deliver partial ones (RTP has its own ways to notice,
// SRTP authenticates). budget: 15 ns/packet, bench/pipeline
Ingress receive_frame(rte_mbuf& m, const LocalNet& local, FlowKey& flow);

}  // namespace strata::dataplane::net
