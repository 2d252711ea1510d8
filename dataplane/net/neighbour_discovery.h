#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/net/frame.h"

// Neighbour discovery for IPv6, as much as a host with fixed addresses needs (RFC 4861):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |  135 NS 136 NA|   code = 0    |           checksum            |
//   |R|S|O|                     reserved                            |   flags: NA only
//   |                      target address (16)                      |
//   | option: 1 source, 2 target | length = 1 |  link-layer address (6)
namespace strata::dataplane::net {

constexpr std::uint8_t kNeighbourSolicitation = 135, kNeighbourAdvertisement = 136;
constexpr std::uint16_t kNeighbourBytes = 32;  // with one link-layer address option
constexpr std::size_t kMaxNeighbourFrame =
    kEthernetBytes + kVlanBytes + kIpv6Bytes + kNeighbourBytes;

struct NeighbourMessage {
    bool solicitation = false;
    bool solicited = false;  // S, an answer: to whoever it was sent to
    bool overrides = true;   // O; a solicitation's address does (section 7.2.3)
    IpAddress source, target;
    std::optional<MacAddress> mac;  // of the sender (solicitation) or target (advertisement)
};

// `packet` begins at the IPv6 header and is a whole ICMPv6 message with a right checksum and hop
// limit 255. Nullopt: not a valid solicitation or advertisement.
std::optional<NeighbourMessage> parse_neighbour(std::span<const std::uint8_t> packet);

// The group that a solicitation for `address` is sent to: ff02::1:ff00:0/104 (RFC 4291
// section 2.7.1).
IpAddress solicited_node(const IpAddress& address);

// Frames of our own, from the address `source`; each returns its size. `frame` has room for
// kMaxNeighbourFrame.
std::uint16_t write_solicitation(const LocalNet& local, const IpAddress& source,
                                 const IpAddress& target, std::uint8_t* frame);
// To one station alone: whether it still has the address (section 7.3.3).
std::uint16_t write_unicast_solicitation(const LocalNet& local, const IpAddress& source,
                                         const Station& target, std::uint8_t* frame);
std::uint16_t write_announcement(const LocalNet& local, const IpAddress& source,
                                 std::uint8_t* frame);  // to all nodes
// From the address that was asked for.
std::uint16_t write_advertisement(const LocalNet& local, const NeighbourMessage& solicitation,
                                  const MacAddress& to, std::uint8_t* frame);

// Checksum of an ICMPv6 message, somewhere or right behind the IPv6 header `ip`; 0 when a received
// one is right.
std::uint16_t icmpv6_checksum(const std::uint8_t* ip, std::span<const std::uint8_t> message);
std::uint16_t icmpv6_checksum(const std::uint8_t* ip, std::uint16_t message_bytes);

}  // namespace strata::dataplane::net
