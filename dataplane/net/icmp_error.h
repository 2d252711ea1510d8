#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/net/frame.h"

// ICMP errors (RFC 792, RFC 4443): what the network says of our datagrams, and what we say of those
// that nobody here wants.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |     type      |     code      |           checksum            |
//   |        unused (v6: MTU)       |     next hop's MTU (v4)       |
//   |     the IP header and the first bytes of the datagram …
namespace strata::dataplane::net {

// Smaller ones are no path's: RFC 8200 section 5; for IPv4 what every host takes (RFC 791), since a
// forged message could otherwise take even audio away.
constexpr std::uint16_t kLeastPathMtuV4 = 576, kLeastPathMtuV6 = 1'280;

struct IcmpError {
    FlowKey flow;           // of the datagram that it is about: ours, from a worker's UDP port
    std::uint16_t mtu = 0;  // IP bytes that the path takes; 0: another error
};

// `packet` begins at the IP header and is as long as that says. Nullopt: not an error about a
// datagram of ours, damaged, or with an MTU that the datagram fits into.
std::optional<IcmpError> parse_icmp_error_v4(std::span<const std::uint8_t> packet,
                                             const LocalNet& local);
std::optional<IcmpError> parse_icmp_error_v6(std::span<const std::uint8_t> packet,
                                             const LocalNet& local);

// Turns a UDP frame to one of our addresses into "port unreachable" from there to its sender, in
// place: one that receive_frame counted as rx_unknown_port, as that left it. Quotes no more than
// what was received. False: no room; nothing was changed.
bool answer_port_unreachable(rte_mbuf& m, const LocalNet& local);

}  // namespace strata::dataplane::net
